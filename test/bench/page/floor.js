// The floor: how long a worker takes to read the chosen file and add up its bytes, from the choice to the answer.
const worker = new Worker('floor-worker.js', { type: 'module' });

window.floor = new Promise((resolve) => {
  document.querySelector('input').addEventListener('change', (event) => {
    const chosen = performance.now();
    worker.onmessage = ({ data }) => resolve({ milliseconds: performance.now() - chosen, sum: data });
    worker.postMessage(event.target.files[0]);
  });
});

worker.onmessage = () => {
  document.documentElement.dataset.ready = '';
};
