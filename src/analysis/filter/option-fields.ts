import { isSignal } from '../../coap/code.ts';
import { MessageFault } from '../../coap/message-fault.ts';
import { type MessageView, NO_OPTION, OptionCursor, readUint } from '../../coap/message.ts';
import {
  isCritical,
  isNoCacheKey,
  isUnsafe,
  optionDefinition,
  optionName,
  OptionNumber,
} from '../../coap/option.ts';
import type { MessageBytesAccess } from './bytes-access.ts';
import { OWN, WIRESHARK } from './field-declaration.ts';
import type { EachValue, FilterField } from './field.ts';
import { oscoreFields } from './oscore-fields.ts';
import { once, readNumber, readOpaque, readPresence, readText } from './read-fields.ts';

/** The payload marker. RFC 7252 §3. */
const MARKER = 0xff;
/** From here on, options are for whoever registers them (RFC 7252 §12.2); Wireshark calls those "unknown". */
const FIRST_UNKNOWN = 2048;
/** Most bytes of an unsigned integer that a number holds. */
const MAX_UINT = 4;

const decoder = new TextDecoder();

/** Options whose value is one field each: name in Wireshark, number, what it says. */
const TEXTS: readonly (readonly [string, number, string])[] = [
  ['uri_host', OptionNumber.uriHost, 'Uri-Host option'],
  ['location_path', OptionNumber.locationPath, 'each Location-Path option'],
  ['location_query', OptionNumber.locationQuery, 'each Location-Query option'],
  ['proxy_uri', 35, 'Proxy-Uri option'],
  ['proxy_scheme', 39, 'Proxy-Scheme option'],
];
const NUMBERS: readonly (readonly [string, number, string, boolean])[] = [
  ['max_age', OptionNumber.maxAge, 'Max-Age option', WIRESHARK],
  ['size1', OptionNumber.size1, 'Size1 option', WIRESHARK],
  ['size2', OptionNumber.size2, 'Size2 option', OWN],
  ['uri_port', OptionNumber.uriPort, 'Uri-Port option', WIRESHARK],
  ['hop_limit', OptionNumber.hopLimit, 'Hop-Limit option', WIRESHARK],
  ['opt_no_response', OptionNumber.noResponse, 'No-Response option', WIRESHARK],
  ['opt_ocf_version', 2053, 'OCF-Content-Format-Version option', WIRESHARK],
  ['opt_ocf_accept_version', 2049, 'OCF-Accept-Content-Format-Version option', WIRESHARK],
];
const OPAQUES: readonly (readonly [string, number, string])[] = [
  ['etag', OptionNumber.etag, 'each ETag option'],
  ['if_match', OptionNumber.ifMatch, 'each If-Match option'],
  ['opt_echo', 252, 'Echo option'],
  ['opt_request_tag', 292, 'each Request-Tag option'],
];

/** What an option is, in the words that Wireshark has for it. */
function describe(number: number): string {
  const parts = [`Type ${number}`, isCritical(number) ? 'Critical' : 'Elective'];
  parts.push(isUnsafe(number) ? 'Unsafe' : 'Safe');
  if (isNoCacheKey(number)) parts.push('NoCacheKey');
  return parts.join(', ');
}

/** Fields of the header, of options and of the payload that no column holds. */
export function optionFields(access: MessageBytesAccess): FilterField[] {
  const cursor = new OptionCursor();
  let count = 0;
  /** The text at hand is the second one of two for the same option. */
  let isSecond = false;
  const twice =
    (each: EachValue): EachValue =>
    (row, visit) =>
      each(row, () => {
        isSecond = false;
        if (visit(row)) return true;
        isSecond = true;
        return visit(row);
      });
  const ordinary = (row: number): MessageView | undefined => {
    const view = access.message(row);
    return view === undefined || isSignal(view.code) ? undefined : view;
  };
  const options =
    (holds: () => boolean): EachValue =>
    (row, visit) => {
      const view = ordinary(row);
      if (view === undefined) return false;
      cursor.start(view);
      for (count = 1; cursor.next(); count++) if (holds() && visit(row)) return true;
      return false;
    };
  const every = options(() => true);
  const numbered = (number: number): EachValue => options(() => cursor.number === number);
  const isUnregistered = (): boolean => optionDefinition(cursor.number) === undefined;
  const some =
    (holds: () => boolean): ((row: number) => boolean) =>
    (row) =>
      options(holds)(row, () => true);
  const bytesAt = (row: number, at: number): number => access.message(row)!.bytes[at]!;
  const valueText = (row: number): string =>
    decoder.decode(
      access.message(row)!.bytes.subarray(cursor.valueStart, cursor.valueStart + cursor.valueLength),
    );
  const valueNumber = (row: number): number =>
    cursor.valueLength > MAX_UINT
      ? NaN
      : readUint(access.message(row)!.bytes, cursor.valueStart, cursor.valueLength);
  const valueByte = (row: number, index: number): number => bytesAt(row, cursor.valueStart + index);
  const further = (row: number, at: number, nibble: number): number =>
    nibble < 13 ? NaN : readUint(access.message(row)!.bytes, at, nibble - 12);
  const delta = (row: number): number => bytesAt(row, cursor.headStart) >> 4;
  const length = (row: number): number => bytesAt(row, cursor.headStart) & 15;
  const field = (name: string, title: string, each: EachValue, wireshark = WIRESHARK) => ({
    name: `coap.${name}`,
    title,
    wireshark,
    each,
  });
  const fault = (row: number): number => access.message(row)?.fault ?? 0;
  const isDamaged = (row: number): boolean =>
    fault(row) === MessageFault.optionOverrun || fault(row) === MessageFault.optionNibble;
  /** Of options whose length the registry does not allow. */
  const outOfRange = (): boolean => {
    const definition = optionDefinition(cursor.number);
    if (definition === undefined) return false;
    return cursor.valueLength < definition.minimum || cursor.valueLength > definition.maximum;
  };
  const isBlock = (row: number): boolean => {
    const view = access.message(row);
    if (view === undefined) return false;
    return (
      view.payloadEnd > view.payloadStart &&
      (view.block1 !== NO_OPTION ||
        view.block2 !== NO_OPTION ||
        view.qBlock1 !== NO_OPTION ||
        view.qBlock2 !== NO_OPTION)
    );
  };
  const hasPayload = (row: number): boolean => {
    const view = access.message(row);
    return view !== undefined && view.payloadEnd > view.payloadStart;
  };
  const hasMarker = (row: number): boolean =>
    hasPayload(row) || fault(row) === MessageFault.markerWithoutPayload;
  return [
    readNumber(field('version', 'version of CoAP, over UDP', once()), (row) => {
      const view = access.message(row);
      return view === undefined || view.type > 3 || view.end === view.start
        ? NaN
        : view.bytes[view.start]! >> 6;
    }),
    readNumber(
      field('length', 'length of the CoAP message, over TCP and WebSocket', once()),
      (row) => {
        const view = access.message(row);
        if (view === undefined || view.type <= 3) return NaN;
        // Over WebSocket the field says 0 (RFC 8323 §4.2).
        return view.bytes[view.start]! >> 4 === 0 && view.optionsStart < view.end ? 0 : view.wireLength;
      },
      'bytes',
    ),
    readText(field('opt.name', 'name of each option, alone or as in #1: Uri-Path', twice(every)), () =>
      isSecond ? `#${count}: ${optionName(cursor.number)}` : optionName(cursor.number),
    ),
    readText(field('opt.desc', 'each option as in Type 11, Critical, Unsafe', every), () =>
      describe(cursor.number),
    ),
    readNumber(field('opt.delta', 'first four bits of each option', every), delta),
    readNumber(field('opt.delta_ext', 'further bytes of an option’s number', every), (row) =>
      further(row, cursor.headStart + 1, delta(row)),
    ),
    readNumber(field('opt.length', 'second four bits of each option', every), length),
    readNumber(field('opt.length_ext', 'further bytes of an option’s length', every), (row) =>
      further(row, cursor.headStart + 1 + Math.max(0, delta(row) - 12), length(row)),
    ),
    readNumber(field('opt.end_marker', 'the payload marker, 255', once(hasMarker)), () => MARKER),
    ...TEXTS.map(([name, number, title]) =>
      readText(field(`opt.${name}`, title, numbered(number)), valueText),
    ),
    ...NUMBERS.map(([name, number, title, wireshark]) =>
      readNumber(field(`opt.${name}`, title, numbered(number), wireshark), valueNumber),
    ),
    ...OPAQUES.map(([name, number, title]) =>
      readOpaque(field(`opt.${name}`, title, numbered(number)), () => cursor.valueLength, valueByte),
    ),
    ...oscoreFields(cursor, numbered(OptionNumber.oscore), access),
    readOpaque(
      field('opt.unknown', 'each option that is not registered', options(isUnregistered)),
      () => cursor.valueLength,
      valueByte,
    ),
    readPresence(
      'coap.unknown_option_number',
      'an option from 2048 on that is not registered',
      WIRESHARK,
      some(() => isUnregistered() && cursor.number >= FIRST_UNKNOWN),
    ),
    readPresence(
      'coap.invalid_option_number',
      'an option below 2048 that is not registered',
      WIRESHARK,
      some(() => isUnregistered() && cursor.number < FIRST_UNKNOWN),
    ),
    readPresence(
      'coap.invalid_option_range',
      'an option shorter or longer than its definition allows',
      WIRESHARK,
      some(outOfRange),
    ),
    readPresence(
      'coap.option_length_bad',
      'an option that passes the end of the message',
      WIRESHARK,
      isDamaged,
    ),
    readText(field('payload', 'payload as text', once(hasPayload)), (row) => {
      const view = access.message(row)!;
      return decoder.decode(view.bytes.subarray(view.payloadStart, view.payloadEnd));
    }),
    readOpaque(
      field('block_payload', 'payload of a block', once(isBlock)),
      (row) => access.message(row)!.payloadEnd - access.message(row)!.payloadStart,
      (row, index) => bytesAt(row, access.message(row)!.payloadStart + index),
    ),
  ];
}
