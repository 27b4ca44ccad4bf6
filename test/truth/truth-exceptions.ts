import type { Aspect, Difference } from './claim.ts';

/** Places where the records say something else than a stack, and why that is right. */
export interface Exception {
  /** Captures that it holds for. */
  captures: RegExp;
  /** What the stack said. */
  said: RegExp;
  aspects: readonly Aspect[];
  reason: string;
  /** Where it holds for some of these differences only. */
  when?: (difference: Difference) => boolean;
}

/** Leshan's 2^64 − 5, and what its TLV has on the wire. */
const MEANT = '"18446744073709551611"';
const WRITTEN = '251';

/** Every exception from "what the stack says is what the records say". */
export const EXCEPTIONS: readonly Exception[] = [
  {
    captures: /^leshan-write-formats-a$/,
    said: /^(write|read) \/3442\/0/,
    aspects: ['values'],
    reason:
      'Leshan writes an unsigned integer beyond 2^63 in TLV as the short negative number that it is in Java: fb for 2^64 − 5. On the wire it is 251; all other values are equal.',
    when: ({ told, found }) => JSON.stringify(told).replace(MEANT, WRITTEN) === JSON.stringify(found),
  },
  {
    captures: /^leshan-blockwise-a$/,
    said: /^write too big for the client/,
    aspects: ['values', 'length'],
    reason: 'The client refused with the first block (4.13): the rest of the 210,000 bytes was never sent.',
  },
  {
    captures: /^leshan-bootstrap-fail-a$/,
    said: /\/9999\/0\/1/,
    aspects: ['values'],
    reason: 'Object 9999 has no definition and plain text carries no type: 5 is shown as the text it is.',
    when: ({ told, found }) => JSON.stringify(told).replace('5]', '"5"]') === JSON.stringify(found),
  },
  {
    captures: /^leshan-errors-a$/,
    said: /^(write with (garbage|truncated|broken)|write bad type|execute with malformed args)/,
    aspects: ['values', 'body'],
    reason:
      'The driver damaged the body after the stack had made it. The records have what was sent, and the device refused it.',
  },
  {
    captures: /^leshan-reg-errors-a$/,
    said: /^update of \/rd\/Ufj8zzkAim lt=null b=null$/,
    aspects: ['query'],
    reason: 'The driver sent foo=bar, of which Leshan takes no notice.',
  },
  {
    captures: /^(wk-|aio-wk-|der-|net-)/,
    said: /: 0\.00 \(COAP_NO_ERROR\)/,
    aspects: ['code'],
    reason:
      'Wakaama prints the result of its own cancellation, 0.00, where it is told of the answer. The answer on the wire is 2.05.',
  },
  {
    captures: /^aio-wk-cross-a$/,
    said: /4\.05 .* text\/plain/,
    aspects: ['format'],
    reason: 'Wakaama prints text/plain for a message without Content-Format; this one has none.',
  },
  {
    captures: /^wk-tlvjson-a$/,
    said: /number 69 64 bytes/,
    aspects: ['operations', 'length'],
    reason:
      'The first block of the answer to an Observe: Wakaama prints 69 from memory that nobody set, and the size of this block. The records have the operation of the request, and the whole body.',
  },
  {
    captures: /^net-loss-a$/,
    said: /^Notify from client #0 \/3\/0\/9 number 0/,
    aspects: ['operations'],
    reason:
      'The answer to the Observe was lost on its way, so that Wakaama counts the notification that came first as number 0. Both sides of the router were captured: the records know that answer.',
  },
  {
    captures: /^net-nat-plain-a$/,
    said: /^Notify from client #0 \/3\/0\/9 number [23]/,
    aspects: ['path'],
    reason:
      'Behind the address translation these notifications come from another port than the one that was asked. The copy before the translation, in the same capture, has the path.',
  },
  {
    captures: /^wk-aio-a$|^der-snap70-a$/,
    said: /^POST \/31024 4\.00/,
    aspects: ['values'],
    reason:
      'The instance in this TLV, typed by hand, announces a byte more than it has. The device refused it too.',
  },
  {
    captures: /^wk-rawblock1-a$/,
    said: /^write 0 \/(31024\/10|5\/0)\/0/,
    aspects: ['values', 'includes'],
    reason: 'The client died while the blocks of this body were under way: no body became whole on the wire.',
  },
  {
    captures: /^(aio-(udp|tcp|ws)-a|net-tcp-loss-a|der-(modpcap|tcp-midstart)-a)$/,
    said: /^(GET|PUT|POST|FETCH|iPATCH|notification of) \/(\d|$| )/,
    aspects: ['operations', 'path', 'paths', 'values'],
    reason:
      'A tour of CoAP: the script registers as a device, and then reads from the server it registered at. The record has the registered end as the device, which is not asked but asks, so that its requests are no operations of LwM2M. Methods, paths, formats and bodies are compared and equal.',
  },
  {
    captures: /^aio-lc-cross-a$/,
    said: /^GET \/(blk|async\?2) without an answer$/,
    aspects: ['message'],
    reason: 'The server had closed the WebSocket before; nothing of these requests reached the wire.',
  },
  {
    captures: /^lc-tcp-segments-a$/,
    said: /^recv {2}2\.01 \d+ \{41\}/,
    aspects: ['message'],
    reason:
      'libcoap lost the beginning of messages in this stream and took the payload, AAA…, for one. By the lengths in the stream it is the body of a PUT.',
  },
  {
    captures: /^der-reordered-a$/,
    said: /^Client #\d/,
    aspects: ['path', 'device', 'values', 'operations', 'location'],
    reason:
      'The frames of this file were shuffled, so that some answers stand before their requests. A file is read in its order: such an answer is not tied to its request.',
  },
  {
    captures: /^(der-midstart-a|net-snaplen64-a)$/,
    said: /./,
    aspects: ['device'],
    reason:
      'No Register is whole in these files, which were cut on purpose: the device has its address for a name.',
  },
  {
    captures: /^der-midstart-a$/,
    said: /^Client #0 \/3\/0 : 2\.05 .* 166 bytes/,
    aspects: ['path'],
    reason: 'The file begins with this answer; its request is cut off.',
  },
  {
    captures: /^default\.async\.NoDmChangeDuringRegistration$/,
    said: /^step assertDemoRegisters$/,
    aspects: ['message'],
    reason: 'The second of the two is the same Register, sent again: a repeat.',
  },
  {
    captures: /^default\.buffer_sizes\.SmallInputBufferAndLargeOptions$/,
    said: /^step Write$/,
    aspects: ['message'],
    reason:
      'The test makes a Write without a payload and with lt, gt and st in its query: by LwM2M Core §6.3.5 that is a Write-Attributes.',
  },
  {
    captures: /^default\.client_block_request\./,
    said: /^data AccessControl$/,
    aspects: ['message'],
    reason: 'The instances of the object stand among the links of an Update; no operation speaks of them.',
  },
  {
    captures: /FirmwareUpdateRestartWithDownloadingETagChange$/,
    said: /^download scheduled/,
    aspects: ['message'],
    reason:
      'After its restart the client went on with block 4, so that there is no first request of this download.',
  },
  {
    captures: /^default\.lwm2m_gateway\.ReadComposite$/,
    said: /^data Lwm2mGateway$/,
    aspects: ['message'],
    reason: 'The test reads through the gateway by prefixes, and nothing of the gateway’s own object.',
  },
  {
    captures: /^default\.send\.(CleanupWhileThereIsDeferredSend|DeferrableSendFail)$/,
    said: /^data Device\.ModelNumber$/,
    aspects: ['message'],
    reason: 'The Send of this value was held back, and given up in the end: it never reached the wire.',
  },
  {
    captures: /^default\.send\.TrySendSecurityObjectResource$/,
    said: /^data Security$/,
    aspects: ['message'],
    reason: 'The client refuses to send a resource of the Security object: nothing reached the wire.',
  },
];

/** The exception that a difference falls under. */
export function exceptionFor(capture: string, difference: Difference): Exception | undefined {
  const { said, aspect } = difference;
  return EXCEPTIONS.find(
    ({ captures, said: words, aspects, when }) =>
      captures.test(capture) &&
      words.test(said) &&
      aspects.includes(aspect) &&
      (when === undefined || when(difference)),
  );
}
