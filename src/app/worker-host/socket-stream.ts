/** Messages that may wait to be read before the stream is ended with an error; bounds the memory. */
const MAXIMUM_WAITING_BYTES = 256 << 20;

/**
 * The binary messages of a WebSocket as they come. Ends when the other side closes or `stopped` resolves; throws
 * where the connection cannot be made or breaks.
 */
export async function* socketStream(url: string, stopped: Promise<void>): AsyncGenerator<Uint8Array> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let ended = false;
  let failure: string | undefined;
  let wake: () => void = () => {};
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (!(event.data instanceof ArrayBuffer)) return;
    waiting.push(new Uint8Array(event.data));
    waitingBytes += event.data.byteLength;
    if (waitingBytes > MAXIMUM_WAITING_BYTES) {
      failure = 'the tap sends faster than this page reads';
      ended = true;
      socket.close();
    }
    wake();
  };
  socket.onerror = () => {
    failure ??= `no live tap answers at ${url}: is lwm2m-scope running there?`;
  };
  socket.onclose = (event) => {
    if (event.wasClean) failure = undefined;
    else failure ??= 'the connection to the live tap broke';
    ended = true;
    wake();
  };
  void stopped.then(() => {
    failure = undefined;
    ended = true;
    waiting.length = 0;
    socket.close();
    wake();
  });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) {
        waitingBytes -= next.length;
        yield next;
        continue;
      }
      if (ended) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure !== undefined) throw new Error(failure);
  } finally {
    socket.close();
  }
}
