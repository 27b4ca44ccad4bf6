import { Code, MessageType, OptionNumber } from './coap-message.ts';
import type { Content } from './content.ts';
import type { Device } from './device.ts';
import type { Meaning } from './traffic.ts';
import type { World } from './world.ts';

/** Where a Block option's value has the flag that more blocks follow (RFC 7959 §2.2). */
const MORE = 0x08;
/** Between the answer to a block and the request for the next one, microseconds. */
const BLOCK_GAP = 1000;

/** A body that is asked for block by block (RFC 7959 §2.4). */
export interface AskedBody {
  /** True where the device asks the server, else the server the device. */
  byDevice: boolean;
  path: string;
  contentFormat: number;
  bytes: Uint8Array;
  /** Blocks have 2 ^ (4 + exponent) bytes. */
  exponent: number;
  etag: number;
  /** What the first request counts as. */
  meaning: Meaning;
  /** The values in it, where it has some. */
  content?: Content;
}

/** Asks for all blocks of a body, one after the other; calls `done` when the last has come. */
export function askInBlocks(
  world: World,
  device: Device,
  time: number,
  body: AskedBody,
  done: (time: number) => void,
): void {
  ask(world, device, time, body, 0, done);
}

function ask(
  world: World,
  device: Device,
  time: number,
  body: AskedBody,
  number: number,
  done: (time: number) => void,
): void {
  const size = 1 << (body.exponent + 4);
  const last = (number + 1) * size >= body.bytes.length;
  const id = body.byDevice ? device.nextDeviceMessageId() : device.nextServerMessageId();
  const token = device.nextToken();
  const request = world.coap.begin(MessageType.con, Code.get, id, token).path(body.path);
  if (!body.byDevice) request.uint(OptionNumber.accept, body.contentFormat);
  request.uint(OptionNumber.block2, (number << 4) | body.exponent);
  const requestBytes = request.end();
  const answer = world.coap
    .begin(MessageType.ack, Code.content, id, token)
    .uint(OptionNumber.etag, body.etag)
    .uint(OptionNumber.contentFormat, body.contentFormat)
    .uint(OptionNumber.block2, (number << 4) | (last ? 0 : MORE) | body.exponent);
  if (number === 0) answer.uint(OptionNumber.size2, body.bytes.length);
  const answerBytes = answer.end(body.bytes.subarray(number * size, (number + 1) * size));
  world.traffic.confirmable(
    device.flow,
    body.byDevice,
    time,
    { bytes: requestBytes, meaning: number === 0 ? body.meaning : 'askForBlock' },
    {
      bytes: answerBytes,
      meaning: number === 0 ? 'firstAnswerBlock' : last ? 'lastAnswerBlock' : 'other',
      ...(last && body.content !== undefined ? { content: body.content } : {}),
    },
    (at) => {
      if (!last) ask(world, device, at + BLOCK_GAP, body, number + 1, done);
      else {
        world.addBodyBytes(body.bytes.length);
        done(at);
      }
    },
  );
}
