import { askInBlocks } from './block2-transfer.ts';
import { Code, MessageType, OptionNumber } from './coap-message.ts';
import type { Device, Push } from './device.ts';
import type { Meaning } from './traffic.ts';
import type { World } from './world.ts';

/** States of the Firmware Update object's resource /5/0/3 (LwM2M Core 1.1, appendix E.6). */
const FirmwareState = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const;
const TEXT = 0;
const OCTET_STREAM = 42;
/** Where Block1's value has the flag that more blocks follow (RFC 7959 §2.2). */
const MORE = 0x08;
/** Between the answer to a block and the next block, microseconds. */
const BLOCK_GAP = 1000;
/** Between the last block and Execute, microseconds. */
const EXECUTE_GAP = 3e6;

/**
 * Brings a device a package and has it installed: pushed to /5/0/0 in blocks, one after the other (RFC 7959 §2.5), or
 * fetched by the device in blocks from the URI that is written to /5/0/1.
 */
export class FirmwarePush {
  /** Not before this time, microseconds since the capture's start. */
  due = Infinity;
  private begun = false;
  private readonly world: World;
  private readonly device: Device;
  private readonly push: Push;

  constructor(world: World, device: Device, push: Push) {
    this.world = world;
    this.device = device;
    this.push = push;
  }

  /** Whether it is time to begin, which happens once. */
  isDue(time: number): boolean {
    return !this.begun && time >= this.due;
  }

  /**
   * Sends the first block at `time` and all that follows. `changed` hears of each new state of /5/0/3; at the
   * end either `failed` is called (the device refused a block) or `installs` (it accepted Execute).
   */
  begin(
    time: number,
    changed: (state: number, time: number) => void,
    failed: (time: number) => void,
    installs: (time: number) => void,
  ): void {
    this.begun = true;
    if (this.push.pulled) this.pull(time, changed, installs);
    else this.block(0, time, changed, failed, installs);
  }

  private pull(
    time: number,
    changed: (state: number, time: number) => void,
    installs: (time: number) => void,
  ): void {
    const { world, device, push } = this;
    const path = `/fw/${device.endpointName.slice(-15)}.bin`;
    const uri = new TextEncoder().encode(`coap://192.0.2.10${path}`);
    const id = device.nextServerMessageId();
    const token = device.nextToken();
    const request = world.coap
      .begin(MessageType.con, Code.put, id, token)
      .path('/5/0/1')
      .uint(OptionNumber.contentFormat, TEXT)
      .end(uri);
    const answer = world.coap.begin(MessageType.ack, Code.changed, id, token).end();
    world.traffic.confirmable(
      device.flow,
      false,
      time,
      { bytes: request, meaning: 'write', content: { format: 'text', values: 1, bytes: uri } },
      { bytes: answer, meaning: 'other' },
      (written) => {
        changed(FirmwareState.downloading, written + BLOCK_GAP);
        const body = {
          byDevice: true,
          path,
          contentFormat: OCTET_STREAM,
          bytes: this.part(push.length),
          exponent: push.exponent,
          etag: 1 + world.random.below(0xffff_fffe),
          meaning: 'download',
        } as const;
        askInBlocks(world, device, written + 2 * BLOCK_GAP, body, (at) => {
          changed(FirmwareState.downloaded, at + BLOCK_GAP);
          world.schedule.at(at + EXECUTE_GAP, (later) => this.execute(later, changed, installs));
        });
      },
    );
  }

  private block(
    number: number,
    time: number,
    changed: (state: number, time: number) => void,
    failed: (time: number) => void,
    installs: (time: number) => void,
  ): void {
    const { world, device, push } = this;
    const size = 1 << (push.exponent + 4);
    const start = number * size;
    const last = start + size >= push.length;
    const refused = push.refusedAt === number;
    const block1 = (number << 4) | (last ? 0 : MORE) | push.exponent;
    const id = device.nextServerMessageId();
    const token = device.nextToken();
    const request = world.coap
      .begin(MessageType.con, Code.put, id, token)
      .path('/5/0/0')
      .uint(OptionNumber.contentFormat, OCTET_STREAM)
      .uint(OptionNumber.block1, block1);
    if (number === 0) request.uint(OptionNumber.size1, push.length);
    const requestBytes = request.end(this.part(Math.min(size, push.length - start)));
    const answer = world.coap
      .begin(
        MessageType.ack,
        refused ? Code.requestEntityIncomplete : last ? Code.changed : Code.continue,
        id,
        token,
      )
      .uint(OptionNumber.block1, block1)
      .end();
    const requestMeaning: Meaning = number === 0 ? 'firstBlock' : 'block';
    world.traffic.confirmable(
      device.flow,
      false,
      time,
      { bytes: requestBytes, meaning: requestMeaning },
      { bytes: answer, meaning: last && !refused ? 'lastBlockAnswer' : 'other' },
      (at) => {
        if (refused) {
          changed(FirmwareState.idle, at + BLOCK_GAP);
          failed(at);
        } else if (last) {
          world.addBodyBytes(push.length);
          changed(FirmwareState.downloaded, at + BLOCK_GAP);
          world.schedule.at(at + EXECUTE_GAP, (later) => this.execute(later, changed, installs));
        } else {
          if (number === 0) changed(FirmwareState.downloading, at + BLOCK_GAP);
          this.block(number + 1, at + BLOCK_GAP, changed, failed, installs);
        }
      },
    );
  }

  private execute(
    time: number,
    changed: (state: number, time: number) => void,
    installs: (time: number) => void,
  ): void {
    const { world, device } = this;
    if (world.calm()) return;
    const id = device.nextServerMessageId();
    const token = device.nextToken();
    const request = world.coap.begin(MessageType.con, Code.post, id, token).path('/5/0/2').end();
    const answer = world.coap.begin(MessageType.ack, Code.changed, id, token).end();
    world.traffic.confirmable(
      device.flow,
      false,
      time,
      { bytes: request, meaning: 'execute' },
      { bytes: answer, meaning: 'other' },
      (at) => {
        changed(FirmwareState.updating, at + BLOCK_GAP);
        installs(at);
      },
    );
  }

  private part(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 4) {
      const word = this.world.random.next();
      bytes[at] = word;
      bytes[at + 1] = word >>> 8;
      bytes[at + 2] = word >>> 16;
      bytes[at + 3] = word >>> 24;
    }
    return bytes;
  }
}
