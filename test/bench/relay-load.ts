import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import type { TapMessage, TapStatus } from '../../src/analysis/live-tap-protocol.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';
import { udpPacket } from '../../src/relay/udp-packet.ts';
import { projectFolder } from './page-server.ts';

const USAGE = `node dist-bench/relay-load.js [--rate N] [--seconds N] [--silent N] [--ring SIZE]
  --rate N      packets a second that the relay is given (20000)
  --seconds N   for how long (60)
  --silent N    seconds in which the second viewer reads nothing (30)
  --ring SIZE   ring of the relay (16MiB)
`;

/** Payload of a packet: a CoAP message whose payload begins with the packet's number. */
const PAYLOAD_LENGTH = 88;
const NUMBER_OFFSET = 9;
/** Milliseconds between pieces that the relay is given. */
const PIECE_MS = 10;
/** Seconds that viewers and file have to come to the end. */
const END_SECONDS = 30;

/** Counts the packets of a stream by the numbers in them. */
class Numbers {
  count = 0;
  gaps = 0;
  missing = 0;
  disordered = 0;
  dropped = 0;
  #next = 0;
  readonly #reader = new PcapngReader({
    frame: ({ bytes, start }) => {
      const at = start + 28 + NUMBER_OFFSET;
      const number = bytes[at]! * 2 ** 24 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!;
      this.count++;
      if (number < this.#next) this.disordered++;
      if (number > this.#next) {
        this.gaps++;
        this.missing += number - this.#next;
      }
      this.#next = number + 1;
    },
  });

  take(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    if (this.#reader.fault !== undefined) throw new Error(this.#reader.fault.text);
    this.dropped = this.#reader.interfaces.reduce((sum, point) => sum + (point.dropped ?? 0), 0);
  }

  /** Those that would have come after the last one. */
  end(total: number): void {
    this.missing += total - this.#next;
  }
}

interface Viewer {
  socket: WebSocket;
  numbers: Numbers;
  status: TapStatus | undefined;
}

function connect(address: string): Viewer {
  const socket = new WebSocket(address);
  const viewer: Viewer = { socket, numbers: new Numbers(), status: undefined };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) viewer.numbers.take(data);
    else {
      const message = JSON.parse(data.toString()) as TapMessage;
      if (message.type === 'status') viewer.status = message;
    }
  });
  return viewer;
}

/** Sets number and time of the packets in a piece of pcap. */
function pieceOf(template: Buffer, first: number, count: number): Buffer {
  const piece = Buffer.alloc(count * template.length);
  const now = Date.now();
  for (let index = 0; index < count; index++) {
    const at = index * template.length;
    template.copy(piece, at);
    piece.writeUInt32LE(Math.floor(now / 1000), at);
    piece.writeUInt32LE((now % 1000) * 1000, at + 4);
    piece.writeUInt32BE(first + index, at + 16 + 28 + NUMBER_OFFSET);
  }
  return piece;
}

function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)![1]) * 1024;
}

/** CPU seconds that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const MIB = 2 ** 20;

async function load(rate: number, seconds: number, silent: number, ring: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-load-'));
  const file = join(folder, 'load.pcapng');
  const command = join(projectFolder(), 'dist-node/bin/lwm2m-scope.js');
  const relay = spawn('node', [command, 'tap', '-', '--port', '0', '--ring', ring, '--write', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const pid = relay.pid!;
  try {
    const [line] = (await once(relay.stdout, 'data')) as [Buffer];
    const address = /ws:\S+/.exec(line.toString())![0];
    const steady = connect(address);
    const slow = connect(address);
    await Promise.all([once(steady.socket, 'open'), once(slow.socket, 'open')]);
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262_144, 16);
    header.writeUInt32LE(101, 20);
    relay.stdin.write(header);
    const payload = new Uint8Array(PAYLOAD_LENGTH).fill(0x61);
    payload.set([0x54, 0x45, 0x12, 0x34, 1, 2, 3, 4, 0xff]);
    const packet = udpPacket(Uint8Array.of(192, 0, 2, 1), 5683, Uint8Array.of(192, 0, 2, 2), 40_000, payload);
    const template = Buffer.alloc(16 + packet.length);
    template.writeUInt32LE(packet.length, 8);
    template.writeUInt32LE(packet.length, 12);
    template.set(packet, 16);

    const memory: number[] = [];
    const total = rate * seconds;
    const start = performance.now();
    let sent = 0;
    let isSilent = false;
    let late = 0;
    while (sent < total) {
      const elapsed = (performance.now() - start) / 1000;
      const due = Math.min(total, Math.floor(elapsed * rate));
      if (due > sent) {
        const isTaken = relay.stdin.write(pieceOf(template, sent, due - sent));
        sent = due;
        if (!isTaken) {
          const before = performance.now();
          await once(relay.stdin, 'drain');
          late = Math.max(late, performance.now() - before);
        }
      }
      // Silent from a sixth of the time on.
      const shouldBeSilent = elapsed > seconds / 6 && elapsed < seconds / 6 + silent;
      if (shouldBeSilent !== isSilent) {
        isSilent = shouldBeSilent;
        if (isSilent) slow.socket.pause();
        else slow.socket.resume();
      }
      if (memory.length < elapsed) memory.push(residentBytes(pid));
      await sleep(PIECE_MS);
    }
    const duration = (performance.now() - start) / 1000;
    const isAllThere = (): boolean =>
      steady.numbers.count >= total &&
      slow.status !== undefined &&
      slow.status.packets === total &&
      slow.status.behind === 0 &&
      slow.numbers.count + slow.status.drops.viewer >= total;
    for (let waited = 0; waited < END_SECONDS && !isAllThere(); waited++) await sleep(1000);
    // One more tick, which says what was lost by then.
    await sleep(2000);
    memory.push(residentBytes(pid));
    const cpu = cpuSeconds(pid);
    relay.stdin.end();
    await sleep(500);
    relay.kill('SIGTERM');
    await once(relay, 'close');
    const written = new Numbers();
    const handle = openSync(file, 'r');
    const piece = Buffer.alloc(MIB);
    for (let read = readSync(handle, piece); read > 0; read = readSync(handle, piece))
      written.take(Buffer.from(piece.subarray(0, read)));
    closeSync(handle);
    for (const numbers of [steady.numbers, slow.numbers, written]) numbers.end(total);

    const say = (text: string): void => void process.stdout.write(`${text}\n`);
    say(`${total} packets of ${packet.length} bytes in ${duration.toFixed(1)} s, ring ${ring}`);
    say(
      `the relay held the sender up for at most ${Math.round(late)} ms; it used ${cpu.toFixed(1)} s of CPU`,
    );
    const mebibytes = memory.map((bytes) => Math.round(bytes / MIB));
    const afterStart = mebibytes.slice(Math.min(5, mebibytes.length - 1));
    say(`memory of the relay, each second: ${mebibytes.join(' ')} MiB`);
    say(`after five seconds: from ${Math.min(...afterStart)} to ${Math.max(...afterStart)} MiB`);
    const line1 = (name: string, { count, missing, gaps, disordered }: Numbers): void =>
      say(`${name}: ${count} packets, ${missing} missing in ${gaps} gaps, ${disordered} out of order`);
    line1('steady viewer', steady.numbers);
    line1('file', written);
    line1(`viewer that reads nothing for ${silent} s`, slow.numbers);
    const told = slow.status!.drops.viewer;
    say(`  told it lost: ${told} in the status, ${slow.numbers.dropped} in the statistics blocks`);
    const isExact =
      told === slow.numbers.missing &&
      slow.numbers.dropped === slow.numbers.missing &&
      slow.numbers.count + told === total;
    const isWhole =
      steady.numbers.count === total &&
      steady.numbers.dropped === 0 &&
      written.count === total &&
      written.dropped === 0;
    say(isExact && isWhole ? 'all as it should be' : 'NOT as it should be');
    return isExact && isWhole;
  } finally {
    if (relay.exitCode === null && relay.signalCode === null) relay.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '60' },
    silent: { type: 'string', default: '30' },
    ring: { type: 'string', default: '16MiB' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) process.stdout.write(USAGE);
else {
  const isGood = await load(Number(values.rate), Number(values.seconds), Number(values.silent), values.ring);
  process.exit(isGood ? 0 : 1);
}
