/** The formats that notifications come in; the keys of {@link GeneratorTotals.notificationsByFormat}. */
export const FORMATS = ['tlv', 'senmlCbor', 'senmlJson', 'text'] as const;

/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** What each format is called in a Content-Format or Accept option (RFC 7252 §12.3, RFC 8428 §12.3, LwM2M Core 1.1 §7.4). */
export const CONTENT_FORMAT: Record<Format, number> = { tlv: 11542, senmlCbor: 112, senmlJson: 110, text: 0 };

/**
 * What a generated capture holds, counted as each frame is written. A *copy* is a message that was in the file
 * before, byte for byte, between the same addresses and ports, within EXCHANGE_LIFETIME (247 s, RFC 7252 §4.8.2);
 * everything but `frames`, `bytes`, `byteSum`, `messages`, `tcpMessages`, `reassembled`, `duplicates` and
 * `notificationsWithCopies` counts first copies only. Nothing is half done at the end of the file: each request
 * has its answer and each transfer has ended.
 */
export interface GeneratorTotals {
  /** Frames in the file. */
  frames: number;
  /** Size of the file. */
  bytes: number;
  /** All bytes of the file added up: what the floor must find. */
  byteSum: number;
  /** Sum of the frames' lengths, headers of the file left out. */
  frameBytes: number;
  /** CoAP messages; over UDP each in its own frame, or in the fragments of one datagram. */
  messages: number;
  /** Those of them over TCP (RFC 8323), the CSMs included. */
  tcpMessages: number;
  /** Messages over UDP whose datagram came in IP fragments, copies included. */
  reassembled: number;
  /** Frames that complete no CoAP message: `unrelated` ones, fragments but the last to come, segments without the end of a message. */
  foreign: number;
  /** Frames that are of no device (ARP, DNS, NTP, HTTP). */
  unrelated: number;
  /** TCP segments, those without data included. */
  segments: number;
  /** Segments that came after one that was sent later, and those that came twice. */
  segmentsLate: number;
  segmentsAgain: number;
  /** TCP segments with the ends of several messages. */
  segmentsOfSeveral: number;
  /** Messages over TCP that several segments carry. */
  messagesInSegments: number;
  /** Requests with an answer. */
  exchanges: number;
  /** Devices, told apart by endpoint client name; each registers at least once. */
  devices: number;
  /** Devices that speak over TCP. */
  devicesOnTcp: number;
  /** Devices that speak IPv6. */
  devicesOnIpv6: number;
  /** Register requests, each answered 2.01: sessions opened. */
  registrations: number;
  /** Update requests, each answered 2.04. */
  updates: number;
  /** De-register requests, each answered 2.02. */
  deregistrations: number;
  /** Observe requests, each answered 2.05 with an Observe option; that first answer is no notification. */
  observations: number;
  /** 2.05 with an Observe option, the first answer to each Observe request left out. */
  notifications: number;
  /** The same with copies. */
  notificationsWithCopies: number;
  /** Notifications (first copies) by content format. */
  notificationsByFormat: Record<Format, number>;
  /** Confirmable ones among the notifications. */
  confirmableNotifications: number;
  /** Transfers begun, complete or not: Block1 by a first block, Block2 by an answer with one. */
  transfers: number;
  /** The Block2 ones among them. */
  block2Transfers: number;
  /** Transfers with all blocks: Block1 where the last was answered 2.04, Block2 where the last answer came. */
  bodies: number;
  /** Bodies of the complete ones, in bytes. */
  bodyBytes: number;
  /** Read requests (GET without Observe), those for a further block left out. */
  reads: number;
  /** Write requests of one message (PUT without Block1). */
  writes: number;
  /** Execute requests. */
  executes: number;
  /** Messages that are copies: `spuriousCopies` and `repeatedAfterLoss`. */
  duplicates: number;
  /** Copies that no loss called for: of non-confirmable messages by the network, of requests whose answer was slow, and the answers to such. */
  spuriousCopies: number;
  /** Copies of a request (or confirmable notification) whose first answer was lost. */
  repeatedAfterLoss: number;
  /** Packets that were sent and are not in the file. */
  lost: number;
  /**
   * Values in all messages that are no copies: one for each resource, or each resource instance of a multiple
   * resource, that a notification, an answer to a Read or Observe, or a Write carries, and one for each complete
   * body pushed to /5/0/0. Links of a Register request are no values.
   */
  values: number;
  /** The values by content format; those pushed in blocks (format 42) left out. */
  valuesByFormat: Record<Format, number>;
}

/** Totals of nothing. */
export function emptyTotals(): GeneratorTotals {
  return {
    frames: 0,
    bytes: 0,
    byteSum: 0,
    frameBytes: 0,
    messages: 0,
    tcpMessages: 0,
    reassembled: 0,
    foreign: 0,
    unrelated: 0,
    segments: 0,
    segmentsLate: 0,
    segmentsAgain: 0,
    segmentsOfSeveral: 0,
    messagesInSegments: 0,
    exchanges: 0,
    devices: 0,
    devicesOnTcp: 0,
    devicesOnIpv6: 0,
    registrations: 0,
    updates: 0,
    deregistrations: 0,
    observations: 0,
    notifications: 0,
    notificationsWithCopies: 0,
    notificationsByFormat: { tlv: 0, senmlCbor: 0, senmlJson: 0, text: 0 },
    confirmableNotifications: 0,
    transfers: 0,
    block2Transfers: 0,
    bodies: 0,
    bodyBytes: 0,
    reads: 0,
    writes: 0,
    executes: 0,
    duplicates: 0,
    spuriousCopies: 0,
    repeatedAfterLoss: 0,
    lost: 0,
    values: 0,
    valuesByFormat: { tlv: 0, senmlCbor: 0, senmlJson: 0, text: 0 },
  };
}
