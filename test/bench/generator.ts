import { CoapMessageWriter } from './generator/coap-message.ts';
import { Device, GATEWAY, SERVER_IPV4 } from './generator/device.ts';
import { DeviceLife } from './generator/device-life.ts';
import { ForeignTraffic } from './generator/foreign.ts';
import { PcapWriter } from './generator/pcap-writer.ts';
import { Random } from './generator/random.ts';
import { Schedule } from './generator/schedule.ts';
import { emptyTotals, type GeneratorTotals } from './generator/totals.ts';
import { Traffic } from './generator/traffic.ts';
import { SECOND, type World } from './generator/world.ts';

export type { GeneratorTotals } from './generator/totals.ts';

/** Changes whenever the same seed gives another capture than before. */
export const GENERATOR_VERSION = 2;

/** Fewer packets than this leave no room for what has begun to end. */
const LEAST_PACKETS = 1000;
/** Packets a device has, on average. */
const PACKETS_PER_DEVICE = 745;
/** Share of the frames that are of no device. */
const FOREIGN = 0.006;
/** How long the capture is, about; the number of packets ends it. */
const DURATION = 3600 * SECOND;
/** Share of the packets after which nothing is begun that waits for an answer. */
const CALM = 0.985;
/** One device in so many leaves once and comes back. */
const ONE_IN_LEAVING = 20;

/** What to generate, and where to. */
export interface GeneratorOptions {
  /** Frames in the capture, at least {@link LEAST_PACKETS}. */
  packets: number;
  /** Devices in the fleet; as many as fit the number of packets where absent. */
  devices?: number;
  /** Any integer; the same one gives the same capture. */
  seed: number;
  /** Takes the file's bytes in order; a chunk is only good during the call. */
  write(chunk: Uint8Array): void;
}

/**
 * Writes a capture of a fleet of LwM2M devices that talk to one server over CoAP on UDP, one in 25 over TCP, as a classic capture
 * file seen from the server's network, and gives what is in it. Devices register, are observed, notify in four formats in equal
 * shares, update, are read and written, a few large objects among it; one in ten gets new firmware in blocks, pushed or fetched;
 * what does not fit a device's path comes in IP fragments; some packets are lost, as many come twice.
 */
export function generateCapture(options: GeneratorOptions): GeneratorTotals {
  const { packets, seed, write } = options;
  if (packets < LEAST_PACKETS) throw new RangeError(`generator: at least ${LEAST_PACKETS} packets`);
  const totals = emptyTotals();
  const random = new Random(seed);
  const schedule = new Schedule();
  const writer = new PcapWriter(totals, write);
  const foreign = new ForeignTraffic(random, writer, GATEWAY, SERVER_IPV4);
  const written = (time: number): void => {
    if (totals.frames >= packets || !random.chance(FOREIGN / (1 - FOREIGN))) return;
    foreign.frame(time);
    totals.foreign++;
    totals.unrelated++;
  };
  const calm = (): boolean => totals.frames >= packets * CALM;
  const traffic = new Traffic(random, schedule, writer, totals, written, calm);
  const world: World = {
    random,
    schedule,
    traffic,
    coap: new CoapMessageWriter(),
    calm,
    addBodyBytes: (length) => {
      totals.bodyBytes += length;
    },
  };
  populate(world, totals, options.devices ?? Math.max(1, Math.round(packets / PACKETS_PER_DEVICE)));
  while (totals.frames < packets) {
    if (!schedule.step()) throw new Error('generator: nothing is left to happen before the capture is full');
  }
  if (traffic.open > 0) {
    throw new Error(`generator: ${traffic.open} exchanges are under way at the end of the capture`);
  }
  writer.end();
  return totals;
}

function populate(world: World, totals: GeneratorTotals, devices: number): void {
  const { random } = world;
  let before: Device | undefined;
  for (let index = 0; index < devices; index++) {
    const device = new Device(random, index, before);
    before = device;
    const late = random.chance(0.1);
    const start = late ? random.between(0.05 * DURATION, 0.3 * DURATION) : random.below(0.05 * DURATION);
    const push = Math.max(start, random.between(0.15 * DURATION, 0.75 * DURATION));
    const leaves = index % ONE_IN_LEAVING === 3 && device.push === undefined;
    const leave = leaves ? start + random.between(0.1 * DURATION, 0.6 * DURATION) : undefined;
    new DeviceLife(world, device).begin(start, push, leave);
    totals.devices++;
    if (device.overTcp) totals.devicesOnTcp++;
    if (device.ipv6) totals.devicesOnIpv6++;
  }
}
