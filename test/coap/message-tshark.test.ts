import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Frame } from '../../src/capture/frame.ts';
import { MessageView, OptionCursor } from '../../src/coap/message.ts';
import { ipv4, udp } from '../network/packets.ts';
import { withPcap } from '../network/recorded-frames.ts';
import * as oracle from '../tshark.ts';
import { hex, write } from './coap-message.ts';
import { anyMessage } from './generated-messages.ts';

/** LINKTYPE_RAW. */
const RAW_IP = 101;

/** What tshark prints of the fixed part and of each option. */
const FIELDS = [
  'coap.type',
  'coap.code',
  'coap.mid',
  'coap.token',
  'coap.opt.delta',
  'coap.opt.delta_ext',
  'coap.opt.length',
  'coap.opt.length_ext',
  'coap.payload_length',
] as const;

/** One frame for each message; every message on a port of its own, so that tshark calls none a repeat. */
function framesOf(messages: readonly Uint8Array[]): Frame[] {
  return messages.map((message, index) => {
    const frame = new Frame();
    frame.bytes = ipv4(udp(message, { from: 20000 + index }));
    frame.end = frame.originalLength = frame.bytes.length;
    frame.linkType = RAW_IP;
    frame.seconds = index;
    return frame;
  });
}

/** Numbers and lengths of options from the nibbles and further bytes that tshark prints. */
function optionsOf(
  deltas: string,
  deltaBytes: string,
  lengths: string,
  lengthBytes: string,
): [number, number][] {
  const list = (text: string): number[] => (text === '' ? [] : text.split(',').map(Number));
  const furtherDeltas = list(deltaBytes);
  const furtherLengths = list(lengthBytes);
  const whole = (nibble: number, further: number[]): number => {
    if (nibble < 13) return nibble;
    return further.shift()! + (nibble === 13 ? 13 : 269);
  };
  const lengthNibbles = list(lengths);
  let number = 0;
  return list(deltas).map((delta, index) => {
    number += whole(delta, furtherDeltas);
    return [number, whole(lengthNibbles[index]!, furtherLengths)];
  });
}

interface Line {
  header: number[];
  token: string;
  options: [number, number][];
  payload: number;
}

/** The same from our view. */
function lineOf(message: Uint8Array): Line {
  const view = new MessageView();
  view.read(message, 0, message.length, message.length);
  const cursor = new OptionCursor();
  cursor.start(view);
  const options: [number, number][] = [];
  while (cursor.next()) options.push([cursor.number, cursor.valueLength]);
  const token = Buffer.from(message.subarray(view.tokenStart, view.tokenStart + view.tokenLength));
  return {
    header: [view.type, view.code, view.messageId],
    token: token.toString('hex'),
    options,
    payload: view.payloadLength,
  };
}

describe.skipIf(!oracle.available)(`generated messages, against ${oracle.version}`, () => {
  it('have the same type, code, message ID, token, options and payload length', () => {
    const messages = fc
      .sample(anyMessage, { numRuns: 800, seed: 7252 })
      // tshark 4.0 reads tokens as RFC 7252 has them.
      .filter((message) => (message.token as Uint8Array).length <= 8)
      .map(write);
    expect(messages.length).toBeGreaterThan(400);
    const lines = withPcap(framesOf(messages), (path) => oracle.tsharkFields(path, FIELDS, ['-d', 'udp.port==5683,coap'])); // prettier-ignore
    expect(lines).toHaveLength(messages.length);
    lines.forEach((line, index) => {
      const [type, code, mid, token, deltas, deltaBytes, lengths, lengthBytes, payload] = line;
      const options = optionsOf(deltas!, deltaBytes!, lengths!, lengthBytes!);
      const ours = lineOf(messages[index]!);
      // tshark puts the payload of a block aside until all are there.
      const isBlock = options.some(([number]) => number === 23 || number === 27);
      expect({
        header: [type, code, mid].map(Number),
        token: token!.replaceAll(':', ''),
        options,
        payload: isBlock ? ours.payload : Number(payload),
      }).toEqual(ours);
    });
  });

  it('that are cut or wrong are no reason for tshark to see more options', () => {
    const wrong = ['40011234f0', '400112340f00', '40011234b36162', '40011234b161d0', '40011234b161be00'].map(
      hex,
    );
    const lines = withPcap(framesOf(wrong), (path) => oracle.tsharkFields(path, ['coap.opt.uri_path', '_ws.malformed'])); // prettier-ignore
    expect(lines.map((line) => line[0])).toEqual(['', '', '', 'a', 'a']);
    const counts = wrong.map((message) => {
      const view = new MessageView();
      view.read(message, 0, message.length, message.length);
      return view.pathCount;
    });
    expect(counts).toEqual([0, 0, 0, 1, 1]);
  });
});
