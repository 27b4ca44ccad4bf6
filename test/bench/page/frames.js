// Goes into the page before its own scripts: notes the times of frames, and long tasks, between two calls.
(() => {
  let frames = [];
  let tasks = [];
  let last;
  let running = false;
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
  observer.observe({ type: 'longtask' });
  const frame = (time) => {
    if (!running) return;
    if (last !== undefined) frames.push(time - last);
    last = time;
    requestAnimationFrame(frame);
  };
  window.benchFrames = {
    begin() {
      frames = [];
      tasks = [];
      observer.takeRecords();
      last = undefined;
      running = true;
      requestAnimationFrame(frame);
    },
    async end() {
      running = false;
      // Long tasks are told of a little later.
      await new Promise((resolve) => setTimeout(resolve, 300));
      tasks.push(...observer.takeRecords());
      return { frames, longTasks: tasks.map(({ duration }) => duration) };
    },
  };
})();
