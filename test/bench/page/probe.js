// Goes into the page before its own scripts: notes when a file is chosen, when the page's marks come, and its long tasks.
(() => {
  let chosen;
  const marks = new Map();
  const tasks = [];
  const waiting = [];

  const note = (list) => {
    for (const { name, startTime } of list.getEntries()) if (!marks.has(name)) marks.set(name, startTime);
    for (const wake of waiting.splice(0)) wake();
  };
  const observer = new PerformanceObserver(note);
  observer.observe({ type: 'mark', buffered: true });
  const taskObserver = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  taskObserver.observe({ type: 'longtask', buffered: true });
  addEventListener(
    'change',
    ({ target }) => {
      if (target.type === 'file') chosen ??= performance.now();
    },
    true,
  );

  const mark = async (name) => {
    while (!marks.has(name)) await new Promise((resolve) => waiting.push(resolve));
    return marks.get(name);
  };

  window.benchProbe = {
    /** Resolves when the analysis is done and the page has answered with its totals: that stops the clock. */
    async finished() {
      await mark('analysis-done');
      const state = document.documentElement.dataset.analysis;
      const totals = state === 'done' ? await window.lwm2mScope.totals() : undefined;
      const end = performance.now();
      const firstRows = state === 'done' ? await mark('first-rows') : NaN;
      const begin = Math.min(chosen ?? Infinity, await mark('capture-chosen'));
      // Long tasks are told of a little later.
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (taskObserver.takeRecords) tasks.push(...taskObserver.takeRecords());
      const during = tasks.filter(({ startTime, duration }) => startTime + duration > begin);
      return {
        state,
        totals,
        firstRows: firstRows - begin,
        whole: end - begin,
        longTasks: during.map(({ startTime, duration }) => ({ start: startTime - begin, duration })),
      };
    },
  };
})();
