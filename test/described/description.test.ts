import { describe, expect, it } from 'vitest';
import { hex, path, write } from '../coap/coap-message.ts';
import { frame } from '../coap/reliable-frames.ts';
import { datagramBetween, DEVICE, SERVER } from '../network/endpoints.ts';
import { readDescription } from './description.ts';

const GET = '1 0 srv > dev CON GET 0001 token=a1 /3/0/9';

function bytesOf(text: string): Uint8Array[] {
  return readDescription(text).packets.map(({ bytes }) => bytes);
}

/** What a TCP segment of 20 + 20 bytes of headers holds. */
function contentOf(packet: Uint8Array): number[] {
  return [...packet.subarray(40)];
}

describe('a description', () => {
  it('gives packets with their times', () => {
    const { packets } = readDescription(
      `# nothing\n\n${GET}\n2 +0.02 dev > srv ACK EMPTY # behind\n3 1.5 again 1`,
    );
    expect(packets.map(({ time }) => time)).toEqual([0, 20_000_000, 1_500_000_000]);
    const request = write({ mid: 1, token: 'a1', options: path('/3/0/9') });
    const empty = write({ type: 'ACK', code: '0.00', mid: 1 });
    expect(packets.map(({ bytes }) => bytes)).toEqual([
      datagramBetween(SERVER, DEVICE, request),
      datagramBetween(DEVICE, SERVER, empty),
      datagramBetween(SERVER, DEVICE, request),
    ]);
  });

  it('gives an answer the ID of what it acknowledges and the token of its request', () => {
    const [, answer, separate] = bytesOf(
      `${GET}\n2 1 dev > srv ACK 2.05 ct=0 "9 \\"5\\""\n3 2 dev > srv CON 2.05 0900`,
    );
    const payload = '9 "5"';
    expect(answer).toEqual(
      datagramBetween(DEVICE, SERVER, write({ type: 'ACK', code: '2.05', mid: 1, token: 'a1', options: [[12, 0]], payload })), // prettier-ignore
    );
    expect(separate).toEqual(
      datagramBetween(DEVICE, SERVER, write({ code: '2.05', mid: 0x900, token: 'a1' })),
    );
  });

  it('writes options, bytes and parts of bodies', () => {
    const text =
      'body A 40\n1 0 srv > dev CON PUT 0001 ?a=1&b block1=1+/16 opt:300=ff opt:5= etag=0102 A[16:32]';
    const { bodies, packets } = readDescription(text);
    const message = write({
      code: '0.03',
      mid: 1,
      options: [[15, 'a=1'], [15, 'b'], [27, 0x18], [300, [255]], [5, []], [4, [1, 2]]], // prettier-ignore
      payload: bodies.get('A')!.subarray(16, 32),
    });
    expect(packets[0]!.bytes).toEqual(datagramBetween(SERVER, DEVICE, message));
    const [raw] = bytesOf('1 0 srv > dev raw 40 0102*3');
    expect(raw).toEqual(datagramBetween(SERVER, DEVICE, hex('40010201020102')));
  });

  it('cuts packets', () => {
    expect(readDescription(`${GET} | kept 5`).packets[0]!.kept).toBe(33);
    const fragments = bytesOf(`${GET} | fragments 16 order 2 1`);
    expect(fragments.map((packet) => [packet.length, packet[6]! & 0x20, packet[7]])).toEqual([
      [20 + 3, 0, 2],
      [20 + 16, 0x20, 0],
    ]);
  });

  it('puts messages into TCP segments, and cuts these', () => {
    const csm = frame(0xe1, [], []);
    const get = frame(1, [0xa1], [0xb1, 0x33]);
    const both = [...csm, ...get];
    const [syn, whole, ...parts] = bytesOf(
      '1 0 srv > dev tcp SYN\n2 1 srv > dev tcp CSM ; GET token=a1 /3\n3 2 srv > dev tcp CSM ; GET token=a1 /3 | segments 3 order 2 1',
    );
    expect(syn!.length).toBe(40);
    expect(contentOf(whole!)).toEqual(both);
    expect(parts.map(contentOf)).toEqual([both.slice(3), both.slice(0, 3)]);
    const sequences = [syn!, whole!, ...parts].map((packet) => packet[26]! * 256 + packet[27]!);
    expect(sequences).toEqual([1000, 1001, 1001 + both.length + 3, 1001 + both.length]);
  });

  it('quotes packets in ICMP errors', () => {
    const [request, error] = bytesOf(`${GET}\n2 1 dev > srv icmp 3.1 of 1 first 28`);
    expect(error![9]).toBe(1);
    expect([...error!.subarray(20)]).toEqual([3, 1, 0, 0, 0, 0, 0, 0, ...request!.subarray(0, 28)]);
  });

  it.each([
    ['2 0 srv > dev CON GET 0001', 'line 1: frame 2 would be frame 1 of the capture'],
    ['1 x srv > dev CON GET 0001', 'line 1: "x" is no time: seconds, or +seconds after the line before'],
    ['\n1 0 srv > me CON GET 0001', /^line 2: there is no end "me", only srv, srv2, dev/],
    ['1 0 srv dev CON GET 0001', 'line 1: ">" stands between the two ends'],
    ['1 0 srv > dev GET 0001', 'line 1: "GET" is none of CON, NON, ACK, RST'],
    ['1 0 srv > dev CON GOT 0001', /^line 1: "GOT" is no code/],
    ['1 0 srv > dev CON GET /3', 'line 1: a CON needs a message ID of four digits'],
    ['1 0 srv > dev ACK 2.05', 'line 1: nothing that this ACK could belong to came before'],
    ['1 0 srv > dev CON GET 0001 colour=1', /^line 1: "colour=1" is no option/],
    ['1 0 srv > dev CON GET 0001 block1=1/17', /^line 1: "1\/17" is no block/],
    ['1 0 srv > dev CON GET 0001 etag=1', 'line 1: no bytes in hex: "1"'],
    ['1 0 srv > dev CON PUT 0001 A', 'line 1: there is no body A above'],
    ['body A 4\n1 0 srv > dev CON PUT 0001 A[0:9]', 'line 2: body A has 4 bytes, and no bytes 0 to 9'],
    ['1 0 srv > dev CON PUT 0001 "a', 'line 1: a text without its end: "a'],
    ['1 0 srv > dev CON PUT 0001 "a" /3', 'line 1: "/3" is too much'],
    ['1 0 again 4', 'line 1: there is no frame 4 above'],
    ['1 0 srv > dev CON GET 0001 | fragments 12', /^line 1: fragments are of 8 bytes/],
    ['1 0 srv > dev CON GET 0001 | torn', 'line 1: "torn" is neither "kept" nor "fragments"'],
    ['1 0 srv > dev tcp CSM | segments 99', 'line 1: what is cut has 2 bytes, and the places rise'],
    ['nothing', 'line 1: "nothing" begins no line: a frame number, "body" or "end"'],
  ])('says where it cannot be read and why: %j', (text, why) => {
    expect(() => readDescription(text)).toThrow(why);
  });
});
