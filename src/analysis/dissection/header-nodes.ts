import { HeaderKind, type TracedHeader } from '../../network/header-trace.ts';
import { ipv4Text, ipv6Text } from '../../network/address-text.ts';
import { lowpanPlaces } from '../../network/lowpan.ts';
import { UdpChecksum } from '../../network/udp.ts';
import { wpanPlaces } from '../../network/wpan.ts';
import { hexText } from '../../lwm2m/value-text.ts';
import {
  type HeaderRow,
  headerValue,
  IPV4_ROWS,
  IPV6_ROWS,
  TCP_ROWS,
  UDP_ROWS,
} from '../filter/header-fields.ts';
import type { FieldNode } from '../protocol.ts';
import { FieldBuilder, type FieldDetail } from './field-builder.ts';

/** Where the bytes of a header are shown: index of the view, or undefined where they are not. */
export type ViewOf = (header: TracedHeader) => number | undefined;

/** What the tree says of headers that other tables know. */
export interface HeaderContext {
  viewOf: ViewOf;
  /** Name of an address in the capture file; undefined where it gives none. */
  nameOf: (address: string) => string | undefined;
  /** A `UdpChecksum` code of the message's own datagram; -1 where it has none. */
  checksum: number;
}

/** Rows that the tree shows in another way, or that say the same as another one. */
const LEFT_OUT = new Set(['ip.version', 'ipv6.version', 'udp.checksum', 'ip.dsfield', 'ipv6.tclass']);
/** Rows written in hexadecimal. */
const HEXADECIMAL = new Set(['ip.id', 'ip.checksum', 'tcp.flags', 'tcp.checksum', 'ipv6.flow']);

/** The headers of a frame as fields, from the outermost on. */
export function headerNodes(headers: readonly TracedHeader[], context: HeaderContext): FieldNode[] {
  const innermostUdp = headers.findLastIndex(({ kind }) => kind === HeaderKind.udp);
  return headers.flatMap((header, index) => {
    const view = context.viewOf(header);
    const builder = new FieldBuilder(view ?? 0);
    // What is written out in full where nobody shows it has no bytes of its own.
    const shown = view === undefined ? { ...header, isHidden: true } : { ...header, isHidden: false };
    addHeader(builder, shown, context, index === innermostUdp);
    return builder.roots;
  });
}

type Shown = TracedHeader & { isHidden: boolean };

function addHeader(builder: FieldBuilder, header: Shown, context: HeaderContext, isOwn: boolean): void {
  switch (header.kind) {
    case HeaderKind.ipv4:
      return addIp(builder, header, context, 4);
    case HeaderKind.ipv6:
      return addIp(builder, header, context, 6);
    case HeaderKind.udp:
      return addPorts(builder, header, 'UDP', 'udp', UDP_ROWS, isOwn ? context.checksum : -1);
    case HeaderKind.tcp:
      return addPorts(builder, header, 'TCP', 'tcp', TCP_ROWS, -1);
    case HeaderKind.wpan:
      return addWpan(builder, header);
    case HeaderKind.lowpan:
      return addLowpan(builder, header);
  }
}

/** Adds a field at `at` of a header, of `length` bytes. */
function put(
  builder: FieldBuilder,
  header: Shown,
  label: string,
  at: number,
  length: number,
  detail: FieldDetail,
): void {
  const start = header.isHidden ? 0 : Math.min(header.end, header.start + at);
  const end = header.isHidden ? 0 : Math.min(header.end, start + length);
  builder.add(label, start, end, detail);
}

function addRows(builder: FieldBuilder, header: Shown, rows: readonly HeaderRow[]): void {
  for (const [name, title, at, bytes, shift, mask, flag] of rows) {
    if (LEFT_OUT.has(name)) continue;
    const value = headerValue(header, name, at, bytes, shift, mask);
    if (value !== value) continue;
    const written = HEXADECIMAL.has(name) ? `0x${value.toString(16)}` : String(value);
    const text = flag === 'flag' ? (value === 1 ? 'yes' : 'no') : written;
    put(builder, header, `${title[0]!.toUpperCase()}${title.slice(1)}`, at, bytes, {
      value: text,
      filter: `${name} == ${written}`,
    });
  }
}

function open(builder: FieldBuilder, header: Shown, label: string, value: string, clause: string): void {
  const [start, end] = header.isHidden ? [0, 0] : [header.start, header.end];
  builder.open(label, start, end, { value, clause });
}

function addIp(builder: FieldBuilder, header: Shown, context: HeaderContext, version: 4 | 6): void {
  const size = version === 4 ? 4 : 16;
  const at = version === 4 ? 12 : 8;
  const textAt = version === 4 ? ipv4Text : ipv6Text;
  const source = textAt(header.bytes, header.start + at);
  const destination = textAt(header.bytes, header.start + at + size);
  const field = version === 4 ? 'ip' : 'ipv6';
  const clause = version === 4 ? 'RFC 791 §3.1' : 'RFC 8200 §3';
  open(builder, header, version === 4 ? 'IPv4' : 'IPv6', `${source} → ${destination}`, clause);
  for (const [label, address, place] of [
    ['Source', source, at],
    ['Destination', destination, at + size],
  ] as const) {
    const known = context.nameOf(address);
    put(builder, header, label, place, size, {
      value: known === undefined ? address : `${address} (${known})`,
      filter: `${field}.addr == ${address}`,
    });
  }
  addRows(builder, header, version === 4 ? IPV4_ROWS : IPV6_ROWS);
  builder.close();
}

function addPorts(
  builder: FieldBuilder,
  header: Shown,
  label: string,
  field: 'udp' | 'tcp',
  rows: readonly HeaderRow[],
  checksum: number,
): void {
  const { bytes, start } = header;
  const source = (bytes[start]! << 8) | bytes[start + 1]!;
  const destination = (bytes[start + 2]! << 8) | bytes[start + 3]!;
  open(builder, header, label, `${source} → ${destination}`, field === 'udp' ? 'RFC 768' : 'RFC 9293 §3.1');
  put(builder, header, 'Source port', 0, 2, {
    value: String(source),
    filter: `${field}.port == ${source}`,
  });
  put(builder, header, 'Destination port', 2, 2, {
    value: String(destination),
    filter: `${field}.port == ${destination}`,
  });
  addRows(builder, header, rows);
  if (field === 'udp')
    put(
      builder,
      header,
      'Checksum',
      6,
      2,
      checksumDetail((bytes[start + 6]! << 8) | bytes[start + 7]!, checksum),
    );
  builder.close();
}

/** What a UDP checksum says; never a loss, for the capturing host often has it made by its network device. */
function checksumDetail(value: number, code: number): FieldDetail {
  const written = `0x${value.toString(16).padStart(4, '0')}`;
  const filter = `udp.checksum == 0x${value.toString(16)}`;
  switch (code) {
    case UdpChecksum.ok:
      return { value: `${written}, correct`, filter };
    case UdpChecksum.absent:
      return { value: 'not used', filter, clause: 'RFC 768' };
    case UdpChecksum.partial:
      return {
        value: `${written}, to be completed by the network device: probably offloaded`,
        filter,
        severity: 'note',
      };
    case UdpChecksum.wrong:
      return {
        value: `${written}, does not fit the bytes: probably offloaded, or damaged on the way`,
        filter,
        severity: 'note',
      };
    case UdpChecksum.unknown:
      return { value: `${written}, not checked: the capture cut the datagram`, filter };
    default:
      return { value: written, filter };
  }
}

function addWpan(builder: FieldBuilder, header: Shown): void {
  const { bytes, start, end } = header;
  open(builder, header, 'IEEE 802.15.4', `${end - start} bytes`, 'IEEE 802.15.4-2020 §7.2');
  const places = wpanPlaces(bytes, start, end);
  if (places !== undefined) {
    put(builder, header, 'Frame control', 0, 2, {
      value: `0x${places.control.toString(16).padStart(4, '0')}`,
      filter: `wpan.fcf == 0x${places.control.toString(16)}`,
    });
    if (places.sequence >= 0)
      put(builder, header, 'Sequence number', places.sequence - start, 1, {
        value: String(bytes[places.sequence]!),
        filter: `wpan.seq_no == ${bytes[places.sequence]!}`,
      });
    for (const [label, field, pan, at, length] of [
      ['Destination', 'dst', places.destinationPan, places.destination, places.destinationLength],
      ['Source', 'src', places.sourcePan, places.source, places.sourceLength],
    ] as const) {
      if (pan >= 0) {
        const value = `0x${((bytes[pan + 1]! << 8) | bytes[pan]!).toString(16).padStart(4, '0')}`;
        const filter = `wpan.${field}_pan == ${value}`;
        put(builder, header, `${label} PAN`, pan - start, 2, { value, filter });
      }
      if (length === 0) continue;
      const address = hexText(bytes.slice(at, at + length).reverse(), 0, length);
      const isShort = length === 2;
      put(builder, header, label, at - start, length, {
        value: isShort ? `0x${address}` : address.replace(/..(?=.)/g, '$&:'),
        filter: isShort ? `wpan.${field}16 == 0x${address}` : `wpan.${field}64 == "${address}"`,
      });
    }
  }
  builder.close();
}

function addLowpan(builder: FieldBuilder, header: Shown): void {
  const { bytes, start, end } = header;
  const places = lowpanPlaces(bytes, start, end);
  open(builder, header, '6LoWPAN', `${end - start} bytes`, 'RFC 4944 §5');
  if (places.fragment >= 0) {
    const at = places.fragment;
    const tag = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const size = ((bytes[at]! & 7) << 8) | bytes[at + 1]!;
    put(builder, header, 'Fragment', at - start, places.isFirst ? 4 : 5, {
      value: `tag ${tag}, of a datagram of ${size} bytes${places.isFirst ? '' : `, at ${bytes[at + 4]! * 8}`}`,
      filter: `6lowpan.frag.tag == ${tag}`,
      clause: 'RFC 4944 §5.3',
    });
  }
  if (places.compressed >= 0) {
    const at = places.compressed;
    const bits = (bytes[at]! << 8) | bytes[at + 1]!;
    put(builder, header, 'Compression', at - start, 2, {
      value: `0x${bits.toString(16)}`,
      filter: `6lowpan.iphc.sam == ${(bits >> 4) & 3}`,
      clause: 'RFC 6282 §3.1.1',
    });
    if ((bits & 0x80) !== 0)
      put(builder, header, 'Contexts', at + 2 - start, 1, {
        value: `source ${bytes[at + 2]! >> 4}, destination ${bytes[at + 2]! & 15}`,
        filter: `6lowpan.iphc.sci == ${bytes[at + 2]! >> 4}`,
        clause: 'RFC 6282 §3.1.2',
      });
  }
  builder.close();
}
