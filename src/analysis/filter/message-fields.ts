import { NO_ROW } from '../../capture/units.ts';
import {
  MessageType,
  TYPE_NAMES,
  codeName,
  codeText,
  isRequest,
  isResponse,
  namedCodes,
} from '../../coap/code.ts';
import { plainSegment } from '../../coap/uri-text.ts';
import { NO_FORMAT, NO_OPTION } from '../../coap/message.ts';
import { INTERFACE_NAMES, OPERATION_NAMES, Operation, interfaceOf } from '../../lwm2m/operation.ts';
import type { OperationCode } from '../../lwm2m/operation.ts';
import { bodyFields } from './body-fields.ts';
import { type MessageBytesAccess, NO_BYTES } from './bytes-access.ts';
import { MESSAGE_FIELD_ALIASES } from './field-aliases.ts';
import {
  OWN,
  WIRESHARK,
  boolean,
  enumerated,
  indexWithName,
  namedByIndex,
  number,
  presence,
  text,
  unless,
} from './field-declaration.ts';
import type { BytesField, FilterField, FilterFields, NamedValue, NumberOfRow } from './field.ts';
import { filterFields } from './field.ts';
import { readCode } from './literal.ts';
import type { MessageColumnsAccess } from './message-columns.ts';
import { optionFields } from './option-fields.ts';
import { headerFields } from './header-fields.ts';
import { networkFields } from './network-fields.ts';
import { spanFields } from './span-fields.ts';
import { type MessageSpansAccess, NO_SPANS } from './spans-access.ts';
import { valueFields } from './value-fields.ts';
import { type MessageValuesAccess, NO_VALUES } from './values-access.ts';

/** Names of the types as Wireshark writes them, beside CON, NON, ACK, RST. */
const LONG_TYPE_NAMES = ['Confirmable', 'Non-Confirmable', 'Acknowledgement', 'Reset'] as const;

/** Codes by `c.dd`, by name (`Content`, `GET`), and by both as Wireshark writes them (`2.05 Content`). */
function codeValues(): NamedValue[] {
  return namedCodes().map((value) => {
    const digits = codeText(value);
    const name = codeName(value);
    // A request is known by its method, an answer by its number.
    const names = value > 0 && value < 32 ? [name, digits] : [digits, name, `${digits} ${name}`];
    return { value, names: value === 0 ? [...names, 'Empty Message'] : names };
  });
}

/** Sizes of blocks by bytes, for the number that the option holds in their place (RFC 7959 §2.2, RFC 8323 §6). */
const SIZE_EXPONENTS: readonly NamedValue[] = [
  ...[16, 32, 64, 128, 256, 512, 1024].map((size, value) => ({ value, names: [String(size)] })),
  { value: 7, names: ['BERT'] },
];

/** Bytes of a block for a size exponent; BERT blocks count in units of 1024 bytes (RFC 8323 §6). */
function blockSize(exponent: number): number {
  return 16 << Math.min(exponent, 6);
}

/** Takes a path or query apart where its segments were joined, and gives each as it stands in its option. */
function segments(separator: '/' | '&'): (joined: string) => string[] {
  return (joined) => {
    const body = separator === '/' && joined.startsWith('/') ? joined.slice(1) : joined;
    return body.split(separator).map(plainSegment);
  };
}

function blockFields(access: MessageColumnsAccess): FilterField[] {
  const part =
    (block: NumberOfRow, read: (option: number) => number): NumberOfRow =>
    (row) => {
      const option = block(row);
      return option === NO_OPTION ? NaN : read(option);
    };
  const numberOf = (option: number): number => option >>> 4;
  const moreOf = (option: number): number => (option >>> 3) & 1;
  const exponentOf = (option: number): number => option & 7;
  const bytesOf = (option: number): number => blockSize(option & 7);
  const blocks = [
    ['block1', 'Block1', access.block1],
    ['block2', 'Block2', access.block2],
  ] as const;
  const own = blocks.flatMap(([name, title, block]) => [
    number(`coap.${name}.num`, `number of the block in ${title}`, OWN, [part(block, numberOf)]),
    boolean(`coap.${name}.more`, `${title} says that more blocks follow`, OWN, [part(block, moreOf)]),
    number(`coap.${name}.size`, `size of a block in ${title}`, OWN, [part(block, bytesOf)], {
      unit: 'bytes',
    }),
  ]);
  const both = (read: (option: number) => number): NumberOfRow[] => [
    part(access.block1, read),
    part(access.block2, read),
  ];
  return [
    ...own,
    number('coap.opt.block_number', 'number of the block in Block1 or Block2', WIRESHARK, both(numberOf)),
    boolean('coap.opt.block_mflag', 'Block1 or Block2 says that more blocks follow', WIRESHARK, both(moreOf)),
    enumerated('coap.opt.block_size', 'size in Block1 or Block2: bytes, or the option’s 0 to 7', WIRESHARK, {
      sources: both(exponentOf),
      values: SIZE_EXPONENTS,
      numeric: true,
    }),
  ];
}

function coapFields(access: MessageColumnsAccess): FilterField[] {
  const { pathText, queryText } = access;
  const hasType = (row: number): boolean => access.type(row) !== MessageType.none;
  const frameOf =
    (link: NumberOfRow): NumberOfRow =>
    (row) => {
      const other = link(row);
      return other === NO_ROW ? NaN : access.frame(other);
    };
  const formats = { values: access.formatNames, numeric: true };
  const token: BytesField = {
    kind: 'bytes',
    where: 'columns',
    name: 'coap.token',
    title: 'token, up to 8 bytes',
    wireshark: WIRESHARK,
    lengthOf: access.tokenLength,
    byteAt(row, index) {
      const length = access.tokenLength(row);
      // Longer tokens (RFC 8974) stand as a hash in the columns: no byte of them is known here.
      if (length > 8) return -1;
      const fromEnd = length - 1 - index;
      const word = fromEnd < 4 ? access.tokenLow(row) : access.tokenHigh(row);
      return (word >>> ((fromEnd & 3) * 8)) & 255;
    },
  };
  return [
    presence('coap', 'every CoAP message', WIRESHARK, () => true),
    enumerated('coap.type', 'type of the message', WIRESHARK, {
      sources: [unless(MessageType.none, access.type)],
      values: TYPE_NAMES.map((name, value) => ({ value, names: [name, LONG_TYPE_NAMES[value]!] })),
      numeric: true,
    }),
    enumerated('coap.code', 'method or answer code', WIRESHARK, {
      sources: [access.code],
      values: codeValues(),
      numeric: true,
      read: readCode,
    }),
    number('coap.mid', 'message ID', WIRESHARK, [(row) => (hasType(row) ? access.messageId(row) : NaN)]),
    token,
    number('coap.token_len', 'length of the token', WIRESHARK, [access.tokenLength], { unit: 'bytes' }),
    text('coap.uri_path', 'Uri-Path of the message', OWN, { idOf: access.uriPath, textOf: pathText }),
    text('coap.opt.uri_path', 'each Uri-Path option of the message', WIRESHARK, {
      idOf: access.uriPath,
      textOf: pathText,
      partsOf: segments('/'),
    }),
    text('coap.opt.uri_path_recon', 'Uri-Path of the request, on its answers too', WIRESHARK, {
      idOf: access.exchangePath,
      textOf: pathText,
    }),
    text('coap.uri_query', 'Uri-Query of the message, joined by &', OWN, {
      idOf: access.uriQuery,
      textOf: queryText,
    }),
    text('coap.opt.uri_query', 'each Uri-Query option of the message', WIRESHARK, {
      idOf: access.uriQuery,
      textOf: queryText,
      partsOf: segments('&'),
    }),
    enumerated('coap.content_format', 'Content-Format option', OWN, {
      sources: [unless(NO_FORMAT, access.contentFormat)],
      ...formats,
    }),
    enumerated('coap.accept', 'Accept option', OWN, {
      sources: [unless(NO_FORMAT, access.accept)],
      ...formats,
    }),
    number('coap.observe', 'Observe option', OWN, [unless(NO_OPTION, access.observe)]),
    ...blockFields(access),
    number('coap.payload_length', 'length of the payload', WIRESHARK, [access.payloadLength], {
      unit: 'bytes',
    }),
    number(
      'coap.block_length',
      'length of the payload of a block',
      WIRESHARK,
      [
        (row) =>
          access.payloadLength(row) > 0 &&
          (access.block1(row) !== NO_OPTION || access.block2(row) !== NO_OPTION)
            ? access.payloadLength(row)
            : NaN,
      ],
      { unit: 'bytes' },
    ),
    number('coap.message_length', 'length of the CoAP message', OWN, [access.length], { unit: 'bytes' }),
    number('coap.request_in', 'frame of the request', OWN, [frameOf(access.request)]),
    number('coap.response_in', 'frame of the answer', WIRESHARK, [frameOf(access.response)]),
    number('coap.response_time', 'time from the request to its answer', WIRESHARK, [access.responseTime], {
      whole: false,
      unit: 'seconds',
    }),
    number('coap.duplicate_of', 'frame of the first copy, on repeats', OWN, [frameOf(access.first)]),
    number('coap.request_first_in', 'frame of the first copy, on repeats of a request', WIRESHARK, [
      (row) => (isRequest(access.code(row)) ? frameOf(access.first)(row) : NaN),
    ]),
    number('coap.response_first_in', 'frame of the first copy, on repeats of an answer', WIRESHARK, [
      (row) => (isResponse(access.code(row)) ? frameOf(access.first)(row) : NaN),
    ]),
    enumerated('coap.exchange.kind', 'how request and answer went', OWN, {
      sources: [indexWithName(access.exchangeKindNames, access.exchangeKind)],
      values: namedByIndex(access.exchangeKindNames),
      numeric: false,
    }),
    number('coap.exchange.transmissions', 'how often the request was sent', OWN, [
      unless(0, access.transmissions),
    ]),
    enumerated('coap.exchange.ended', 'how the exchange ended', OWN, {
      sources: [indexWithName(access.exchangeEndNames, access.exchangeEnd)],
      values: namedByIndex(access.exchangeEndNames),
      numeric: false,
    }),
    text('coap.icmp', 'each ICMP error that quotes the message', OWN, {
      idOf: access.icmp,
      textOf: access.icmpText,
      partsOf: (lines) => lines.split('\n'),
      known: access.icmpKinds,
    }),
  ];
}

function lwm2mFields(access: MessageColumnsAccess, values: MessageValuesAccess): FilterField[] {
  const { operation } = access;
  return [
    presence('lwm2m', 'the message belongs to an operation', OWN, (row) => operation(row) !== Operation.none),
    enumerated('lwm2m.operation', 'operation, on requests and answers', OWN, {
      sources: [unless(Operation.none, operation)],
      values: namedByIndex(OPERATION_NAMES),
      numeric: false,
    }),
    enumerated('lwm2m.interface', 'interface of the operation', OWN, {
      sources: [unless(0, (row) => interfaceOf(operation(row) as OperationCode))],
      values: namedByIndex(INTERFACE_NAMES),
      numeric: false,
    }),
    text('lwm2m.path', 'path the operation is about', OWN, {
      idOf: access.lwm2mPath,
      textOf: access.pathText,
      known: values.knownPaths,
    }),
    ...valueFields(values),
    enumerated('lwm2m.format', 'content format the payload was read as', OWN, {
      sources: [unless(NO_FORMAT, access.format)],
      values: access.formatNames,
      numeric: true,
    }),
    enumerated('lwm2m.direction', 'which way the message goes', OWN, {
      sources: [unless(0, access.direction)],
      values: namedByIndex(['', 'from-device', 'to-device']),
      numeric: false,
    }),
    text('lwm2m.device', 'name of the device', OWN, {
      idOf: access.device,
      textOf: access.deviceName,
      known: access.deviceNames,
    }),
    number('transfer', 'number of the block-wise transfer', OWN, [unless(-1, access.transfer)]),
    number('observation', 'number of the observation', OWN, [unless(-1, access.observation)]),
  ];
}

/**
 * The fields of the message filter, over the columns of the message table, the tables beside it, and the bytes of the
 * row that was made ready.
 */
export function messageFields(
  access: MessageColumnsAccess,
  bytes: MessageBytesAccess = NO_BYTES,
  values: MessageValuesAccess = NO_VALUES,
  spans: MessageSpansAccess = NO_SPANS,
): FilterFields {
  return filterFields(
    [
      ...networkFields(access),
      ...coapFields(access),
      ...bodyFields(access),
      ...lwm2mFields(access, values),
      ...spanFields(spans, access.device),
      ...optionFields(bytes),
      ...headerFields(bytes),
    ],
    MESSAGE_FIELD_ALIASES,
  );
}
