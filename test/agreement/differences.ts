import type { Corpus } from './corpora.ts';
import { codeByte, LINK_FIELDS, optionValues, type Difference, type OurMessage } from './compare.ts';
import type { WiresharkMessage } from './wireshark-messages.ts';

/** A reason why the two read something unequally. */
export interface ReasonedDifference {
  /** Short name in what the run prints. */
  name: string;
  /** Fields in which it shows, as Wireshark names them. */
  fields: readonly string[];
  wireshark: string;
  ours: string;
  /** Clause that decides, and for whom. */
  clause: string;
  decidesFor: 'us' | 'Wireshark' | 'neither';
  /** Fields found unequal for this reason, by corpus. */
  found: Readonly<Record<Corpus, number>>;
  /** Whether it is the reason of a difference in one of `fields`. */
  holds(difference: Difference): boolean;
}

/** What is compared, by corpus. */
export const TOTALS: Readonly<Record<Corpus, { captures: number; messages: number; fields: number }>> = {
  fixtures: { captures: 22, messages: 1486, fields: 46074 },
  recorded: { captures: 264, messages: 11064, fields: 343760 },
  public: { captures: 165, messages: 10883, fields: 337373 },
};

const ACK = 'ACK';
const RST = 'RST';

function ourMessage({ readings, frame }: Difference): OurMessage | undefined {
  return readings.ours.get(frame);
}

function wiresharkMessage({ readings, frame }: Difference): WiresharkMessage | undefined {
  return readings.theirs.get(frame);
}

/** Request and what came back, where we link the two and tshark does not. */
function linkOfOurs(difference: Difference): { request: OurMessage; back: OurMessage } | undefined {
  const { readings, field, ours, theirs } = difference;
  const message = ourMessage(difference);
  if (message === undefined || ours === '' || theirs !== '') return undefined;
  const asks = field === 'coap.response_in';
  const other = readings.ours.get((asks ? message.coap.response_in : message.coap.request_in) ?? -1);
  if (other === undefined) return undefined;
  return asks ? { request: message, back: other } : { request: other, back: message };
}

const isEmpty = (message: OurMessage): boolean => codeByte(message) === 0;

/** A response in a message of its own, with an ID of its own: tshark looks for the request by the ID. */
function isSeparate({ request, back }: { request: OurMessage; back: OurMessage }): boolean {
  return (
    codeByte(back) >= 64 &&
    back.coap.type !== ACK &&
    back.coap.type !== RST &&
    back.coap.mid !== request.coap.mid
  );
}

const notifies = (message: OurMessage): boolean => optionValues(message, 6).length > 0;

/**
 * All that we and tshark read unequally. A difference belongs to the first entry that holds for it; one that belongs
 * to none, and an entry that nothing belongs to, is a fault.
 */
export const DIFFERENCES: readonly ReasonedDifference[] = [
  {
    name: 'DTLS on a port of CoAP',
    fields: ['coap'],
    wireshark: 'Told to read CoAP on a port, reads DTLS records on it as CoAP of version 0.',
    ours: 'Reads them as DTLS.',
    clause: 'RFC 7252 §3: version is 1; RFC 6347 §4.1: content type 20 to 25, then version 0xfe',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 735, public: 0 },
    holds(difference) {
      const theirs = wiresharkMessage(difference);
      // Content types 20 to 25 and the first byte of the version, in the places of CoAP's first byte and code.
      return (
        difference.ours === '' &&
        theirs?.['coap.version'][0] === '0' &&
        theirs['coap.type'][0] === '1' &&
        theirs['coap.code'][0] === '254'
      );
    },
  },
  {
    name: 'packet seen at two capture points',
    fields: ['coap'],
    wireshark: 'Lists what a router passes on once for each interface or device that the capture has.',
    ours: 'Lists it once, with its sightings: ends, bytes and IPv4 identification are equal, a few ms apart.',
    clause: 'RFC 791 §3.1: the identification tells the datagrams of one sender apart',
    decidesFor: 'us',
    found: { fixtures: 8, recorded: 41, public: 0 },
    holds({ readings, frame, ours }) {
      const theirs = readings.theirs.get(frame);
      if (ours !== '' || theirs === undefined) return false;
      const facts = (message: WiresharkMessage): string =>
        JSON.stringify([
          message['coap.type'],
          message['coap.code'],
          message['coap.mid'],
          message['coap.token'],
          message['coap.opt.desc'],
        ]);
      return [...readings.ours].some(([other, { sightings = 1 }]) => {
        const seen = readings.theirs.get(other);
        return sightings > 1 && seen !== undefined && facts(seen) === facts(theirs);
      });
    },
  },
  {
    name: 'header cut short',
    fields: ['coap.mid', 'coap.code'],
    wireshark: 'Leaves out the fields that the datagram is too short for.',
    ours: 'The record says that the message is malformed, and shows the missing fields as 0.',
    clause: 'RFC 7252 §3: the header has four bytes',
    decidesFor: 'neither',
    found: { fixtures: 0, recorded: 3, public: 0 },
    holds: (difference) =>
      ourMessage(difference)?.outcome === 'malformed' &&
      difference.theirs === '' &&
      Number(difference.ours) === 0,
  },
  {
    name: 'version other than 1',
    fields: ['coap.token'],
    wireshark: 'Reads a message of version 2 as if it were of version 1.',
    ours: 'Reads no further than the header and says that the version is not supported.',
    clause: 'RFC 7252 §3: messages with unknown version numbers are silently ignored',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 1, public: 0 },
    holds: (difference) =>
      ourMessage(difference)?.outcome === 'unsupported' &&
      wiresharkMessage(difference)?.['coap.version'][0] !== '1',
  },
  {
    name: 'Size2 as block size',
    fields: ['coap.opt.block_size'],
    wireshark: 'Shows the low three bits of Size2 as one more block size.',
    ours: 'Size2 is a size in bytes, an option of its own.',
    clause: 'RFC 7959 §4: Size2 is an unsigned integer, the size of the representation',
    decidesFor: 'us',
    found: { fixtures: 4, recorded: 96, public: 0 },
    holds(difference) {
      const message = ourMessage(difference)!;
      const blocksAndSize2 = optionValues(message, 19, 23, 27, 28, 31).map((value) =>
        String(Number(value) & 7),
      );
      return optionValues(message, 28).length > 0 && difference.theirs === JSON.stringify(blocksAndSize2);
    },
  },
  {
    name: 'Accept of no bytes',
    fields: ['coap.opt.accept'],
    wireshark: 'Shows an Accept without a value as “(null)”.',
    ours: 'Its value is 0, text/plain.',
    clause: 'RFC 7252 §3.2: an unsigned integer of no bytes is 0',
    decidesFor: 'us',
    found: { fixtures: 11, recorded: 16, public: 0 },
    holds: ({ ours, theirs }) => ours === '["0"]' && theirs === '["(null)"]',
  },
  {
    name: 'text beyond ASCII',
    fields: ['coap.opt.uri_query'],
    wireshark: 'Shows a replacement character for each byte beyond ASCII.',
    ours: 'Reads the text as UTF-8.',
    clause: 'RFC 7252 §3.2: the format string is UTF-8 in Net-Unicode form',
    decidesFor: 'us',
    found: { fixtures: 3, recorded: 16, public: 0 },
    holds: ({ ours, theirs }) => theirs.includes('\ufffd') && bytesBeyondAscii(ours) === theirs,
  },
  {
    name: 'payload beyond the snap length',
    fields: ['coap.payload_length'],
    wireshark: 'Counts no payload where the capture cut the message off.',
    ours: 'Counts the payload as it was on the wire.',
    clause: 'RFC 768: the UDP length says how long the message was',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 5, public: 0 },
    holds: (difference) =>
      ourMessage(difference)?.outcome === 'truncated' && Number(difference.theirs) < Number(difference.ours),
  },
  {
    name: 'request whose content is damaged',
    fields: ['coap.response_in'],
    wireshark:
      'Breaks off at a request whose TLV or CBOR it cannot read, before it gives it the frame of the response.',
    ours: 'Links it, whatever its content.',
    clause: 'RFC 7252 §5.3.2: ID and token match, whatever the payload',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 3, public: 0 },
    holds(difference) {
      const response = difference.readings.theirs.get(Number(difference.ours));
      return (
        wiresharkMessage(difference)!['_ws.malformed'].length > 0 &&
        difference.theirs === '' &&
        response?.['coap.response_to'][0] === String(difference.frame)
      );
    },
  },
  {
    name: 'empty message',
    fields: ['coap.response_to', 'coap.response_in'],
    wireshark: 'Links no empty acknowledgement and no reset, so a ping has no answer.',
    ours: 'Links it to the message whose ID it echoes.',
    clause: 'RFC 7252 §4.2 and §4.3: an acknowledgement or reset echoes the ID of its message',
    decidesFor: 'us',
    found: { fixtures: 66, recorded: 463, public: 291 },
    holds(difference) {
      const link = linkOfOurs(difference);
      if (link === undefined || !isEmpty(link.back)) return false;
      return [ACK, RST].includes(link.back.coap.type) && link.back.coap.mid === link.request.coap.mid;
    },
  },
  {
    name: 'token of no bytes',
    fields: LINK_FIELDS,
    wireshark: 'Links no messages with an empty token.',
    ours: 'An empty token is one like any other.',
    clause: 'RFC 7252 §5.3.1: a token may be of zero length; §5.3.2 matches it',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 49, public: 0 },
    holds(difference) {
      const link = linkOfOurs(difference);
      return (
        link !== undefined &&
        link.request.coap.token === '' &&
        link.back.coap.token === '' &&
        codeByte(link.back) >= 64
      );
    },
  },
  {
    name: 'notification',
    fields: LINK_FIELDS,
    wireshark: 'Links no notification, since its message ID is not that of the request.',
    ours: 'Links it by its token to the request that asked for it.',
    clause: 'RFC 7641 §3.2: a notification has the token of the registration',
    decidesFor: 'us',
    found: { fixtures: 74, recorded: 338, public: 18 },
    holds(difference) {
      const link = linkOfOurs(difference);
      if (link === undefined || !isSeparate(link)) return false;
      return (
        notifies(link.back) && notifies(link.request) && link.back.coap.token === link.request.coap.token
      );
    },
  },
  {
    name: 'separate response',
    fields: LINK_FIELDS,
    wireshark: 'Links no response whose message ID is not that of the request.',
    ours: 'Links it by its token.',
    clause: 'RFC 7252 §5.2.2, §5.2.3 and §5.3.2: a response in a message of its own matches by its token',
    decidesFor: 'us',
    found: { fixtures: 6, recorded: 77, public: 0 },
    holds(difference) {
      const link = linkOfOurs(difference);
      return link !== undefined && isSeparate(link) && link.back.coap.token === link.request.coap.token;
    },
  },
  {
    name: 'message cut by the snap length',
    fields: LINK_FIELDS,
    wireshark: 'Links no message that the capture cut off.',
    ours: 'Links it: ID and token are there.',
    clause: 'RFC 7252 §5.3.2: message ID and token match a response to its request',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 65, public: 0 },
    holds(difference) {
      const link = linkOfOurs(difference);
      if (link === undefined) return false;
      const { request, back } = link;
      const cut = request.outcome === 'truncated' || back.outcome === 'truncated';
      return cut && back.coap.mid === request.coap.mid && back.coap.token === request.coap.token;
    },
  },
  {
    name: 'requester known by its own address alone',
    fields: [...LINK_FIELDS, 'coap.retransmitted'],
    wireshark:
      'Takes a request for a repeat of one that the same endpoint sent to another one, and links the answer to that.',
    ours: 'Keeps apart whom a request went to.',
    clause: 'RFC 7252 §4.4 and §5.3.2: IDs and tokens match between two endpoints',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 8, public: 0 },
    holds(difference) {
      const { readings, field, theirs } = difference;
      const message = ourMessage(difference)!;
      const other =
        field === 'coap.response_time' ? wiresharkMessage(difference)!['coap.response_to'][0] : theirs;
      const linked = readings.ours.get(Number(other));
      if (linked === undefined) return false;
      const back = codeByte(message) >= 64;
      const sameWay = back === codeByte(linked) >= 64;
      const whom = sameWay ? message.udp.dstport : message.udp.srcport;
      return linked.coap.mid === message.coap.mid && linked.udp.dstport !== whom;
    },
  },
  {
    name: 'repeat of an acknowledgement or a separate response',
    fields: ['coap.retransmitted'],
    wireshark: 'Remarks no repeat of what answers.',
    ours: 'Names the first copy.',
    clause: 'RFC 7252 §4.5: a message with the ID of an earlier one of the endpoint is its duplicate',
    decidesFor: 'us',
    found: { fixtures: 4, recorded: 91, public: 201 },
    holds(difference) {
      const { readings, ours, theirs } = difference;
      const message = ourMessage(difference)!;
      const first = readings.ours.get(Number(ours));
      if (first === undefined || theirs !== '' || !sameMessage(message, first)) return false;
      return codeByte(message) >= 64 || message.coap.type === ACK || message.coap.type === RST;
    },
  },
  {
    name: 'time of a repeated response',
    fields: ['coap.response_time'],
    wireshark: 'Gives a repeat the time since the request.',
    ours: 'The first copy has the time; its repeat answers nothing anew.',
    clause: 'RFC 7252 §4.5: a duplicate is acknowledged, and processed once',
    decidesFor: 'us',
    found: { fixtures: 3, recorded: 86, public: 201 },
    holds: (difference) =>
      difference.ours === '' &&
      ourMessage(difference)?.coap.duplicate_of !== undefined &&
      difference.readings.ours.get(ourMessage(difference)!.coap.duplicate_of!)?.coap.response_time !==
        undefined,
  },
  {
    name: 'response before its request in the file',
    fields: ['coap.response_to', 'coap.response_time'],
    wireshark:
      'A second pass links a response that stands before its request in the file; the request stays open.',
    ours: 'Messages are matched in the order of the file, so the response stays without a request.',
    clause: 'RFC 7252 §5.3.2: ID and token match whatever the order',
    decidesFor: 'Wireshark',
    found: { fixtures: 0, recorded: 30, public: 0 },
    holds: (difference) =>
      difference.ours === '' &&
      Number(wiresharkMessage(difference)?.['coap.response_to'][0]) > difference.frame,
  },
  {
    name: 'responses to a multicast request',
    fields: ['coap.response_in', 'coap.response_time'],
    wireshark:
      'Leads from the request to the answer whose message ID happens to be that of the request, and times it.',
    ours: 'Links every answer by its token; the request leads to the first of them, which alone has a time.',
    clause: 'RFC 7252 §8.2: the token alone matches a response to a multicast request',
    decidesFor: 'us',
    found: { fixtures: 0, recorded: 4, public: 0 },
    holds(difference) {
      const message = ourMessage(difference)!;
      const { ours } = difference.readings;
      const isGroup = (request: OurMessage | undefined): boolean => /^ff/.test(request?.ipv6?.dst ?? '');
      if (codeByte(message) >= 64)
        return difference.ours === '' && isGroup(ours.get(message.coap.request_in ?? 0));
      const answers = [difference.ours, difference.theirs].map((frame) => ours.get(Number(frame)));
      return isGroup(message) && answers.every((answer) => answer?.coap.token === message.coap.token);
    },
  },
  {
    name: 'time with a fraction of more than a second',
    fields: ['coap.response_time'],
    wireshark: 'Adds the fraction with an overflow, which makes some times run backwards.',
    ours: 'Keeps the whole seconds only, so that both times are the same.',
    clause: 'draft-ietf-opsawg-pcap §4: the fraction of a packet’s time is below one second',
    decidesFor: 'neither',
    found: { fixtures: 0, recorded: 0, public: 201 },
    holds: ({ readings, ours }) =>
      /^anr-bmbf-pivot__.*ieee802154-(coap|oscore)-fetch/.test(readings.capture) && /^\d+\.0{9}$/.test(ours),
  },
];

function sameMessage(one: OurMessage, other: OurMessage): boolean {
  const facts = ({ coap, udp }: OurMessage): string =>
    JSON.stringify([coap.type, coap.code, coap.mid, coap.token, coap.opt, coap.payload_length, udp]);
  return facts(one) === facts(other);
}

/** A text as tshark shows it: one replacement character for each byte of UTF-8 beyond ASCII. */
function bytesBeyondAscii(text: string): string {
  return [...text]
    .map((character) => (character < '\u0080' ? character : '\ufffd'.repeat(Buffer.byteLength(character))))
    .join('');
}
