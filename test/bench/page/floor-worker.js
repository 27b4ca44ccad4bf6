const SLICE_BYTES = 4 * 1024 * 1024;

self.onmessage = async ({ data: file }) => {
  let sum = 0;
  for (let start = 0; start < file.size; start += SLICE_BYTES) {
    const bytes = new Uint8Array(await file.slice(start, start + SLICE_BYTES).arrayBuffer());
    // The sum of one slice stays below 2^31, so that the loop is one of small integers.
    let part = 0;
    for (let at = 0; at < bytes.length; at++) part += bytes[at];
    sum += part;
  }
  self.postMessage(sum);
};

self.postMessage('ready');
