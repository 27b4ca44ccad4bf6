import { readCborValue } from './content/cbor-value.ts';
import { readLwm2mCbor } from './content/lwm2m-cbor.ts';
import { readLwm2mJson } from './content/lwm2m-json.ts';
import { readOpaque } from './content/opaque.ts';
import { readPlainText } from './content/plain-text.ts';
import { readEtchCbor, readSenmlCbor } from './content/senml-cbor.ts';
import { readEtchJson, readSenmlJson } from './content/senml-json.ts';
import { readTlv } from './content/tlv.ts';
import type { ContentReader } from './value.ts';

/** How a format writes one value in the byte range that its reader gives. */
export const Encoding = {
  /** No values, or none that are read. */
  none: 0,
  /** Text in UTF-8; Opaque as Base64. */
  text: 1,
  /** Big-endian binary numbers, text and bytes as they are. */
  binary: 2,
  /** The bytes are the value, whatever its type. */
  bytes: 3,
  /** One CBOR item with its head and tags. */
  cbor: 4,
  /** One JSON value, a string with its quotes; Opaque as Base64. */
  json: 5,
} as const;

export type EncodingCode = (typeof Encoding)[keyof typeof Encoding];

/** A content format (LwM2M Core §7.5, IANA CoAP Content-Formats). */
export interface ContentFormat {
  readonly id: number;
  readonly mediaType: string;
  /** Name as records and the page show it: LwM2M's own, else the media type. */
  readonly name: string;
  /** True where LwM2M uses the format, today or in its drafts. */
  readonly lwm2m: boolean;
  /** True where what it holds is read here: values, or links. */
  readonly readable: boolean;
  /** Number the format has today, for numbers from before its registration. */
  readonly replacedBy?: number;
  readonly encoding: EncodingCode;
  /** Reads its values; undefined where it holds none or is not read. */
  readonly read?: ContentReader;
}

/** Link format holds no values; it is read by `readObjectLinks`. */
const LINKS = 'links';

type Row = [
  id: number,
  mediaType: string,
  name?: string,
  encoding?: EncodingCode,
  read?: ContentReader | typeof LINKS,
  replacedBy?: number,
];

/** All formats that have a name; one line a format. */
const ROWS: readonly Row[] = [
  [0, 'text/plain;charset=utf-8', 'plain text', Encoding.text, readPlainText],
  [16, 'application/cose; cose-type="cose-encrypt0"'],
  [17, 'application/cose; cose-type="cose-mac0"'],
  [18, 'application/cose; cose-type="cose-sign1"'],
  [40, 'application/link-format', 'CoRE link', Encoding.none, LINKS],
  [41, 'application/xml'],
  [42, 'application/octet-stream', 'opaque', Encoding.bytes, readOpaque],
  [46, 'application/xmpp+xml'],
  [47, 'application/exi'],
  [50, 'application/json'],
  [51, 'application/json-patch+json'],
  [52, 'application/merge-patch+json'],
  [60, 'application/cbor', 'CBOR', Encoding.cbor, readCborValue],
  [61, 'application/cwt'],
  [62, 'application/multipart-core'],
  [63, 'application/cbor-seq'],
  [96, 'application/cose; cose-type="cose-encrypt"'],
  [97, 'application/cose; cose-type="cose-mac"'],
  [98, 'application/cose; cose-type="cose-sign"'],
  [101, 'application/cose-key'],
  [102, 'application/cose-key-set'],
  [110, 'application/senml+json', 'SenML JSON', Encoding.json, readSenmlJson],
  [111, 'application/sensml+json'],
  [112, 'application/senml+cbor', 'SenML CBOR', Encoding.cbor, readSenmlCbor],
  [113, 'application/sensml+cbor'],
  [114, 'application/senml-exi'],
  [115, 'application/sensml-exi'],
  [256, 'application/coap-group+json'],
  [271, 'application/dots+cbor'],
  [272, 'application/missing-blocks+cbor-seq'],
  [280, 'application/pkcs7-mime; smime-type=server-generated-key'],
  [281, 'application/pkcs7-mime; smime-type=certs-only'],
  [284, 'application/pkcs8'],
  [285, 'application/csrattrs'],
  [286, 'application/pkcs10'],
  [287, 'application/pkix-cert'],
  [310, 'application/senml+xml'],
  [311, 'application/sensml+xml'],
  [320, 'application/senml-etch+json', 'SenML-ETCH JSON', Encoding.json, readEtchJson],
  [322, 'application/senml-etch+cbor', 'SenML-ETCH CBOR', Encoding.cbor, readEtchCbor],
  [1541, 'application/vnd.oma.lwm2m+text', 'plain text', Encoding.text, readPlainText, 0],
  [1542, 'application/vnd.oma.lwm2m+tlv', 'TLV', Encoding.binary, readTlv, 11542],
  [1543, 'application/vnd.oma.lwm2m+json', 'LwM2M JSON', Encoding.json, readLwm2mJson, 11543],
  [1544, 'application/vnd.oma.lwm2m+opaque', 'opaque', Encoding.bytes, readOpaque, 42],
  [10000, 'application/vnd.ocf+cbor'],
  [10001, 'application/oscore'],
  [11050, 'application/json; deflate'],
  [11060, 'application/cbor; deflate'],
  [11542, 'application/vnd.oma.lwm2m+tlv', 'TLV', Encoding.binary, readTlv],
  [11543, 'application/vnd.oma.lwm2m+json', 'LwM2M JSON', Encoding.json, readLwm2mJson],
  [11544, 'application/vnd.oma.lwm2m+cbor', 'LwM2M CBOR', Encoding.cbor, readLwm2mCbor],
];

const FORMATS: ReadonlyMap<number, ContentFormat> = new Map(
  ROWS.map(([id, mediaType, name, encoding = Encoding.none, read, replacedBy]) => [
    id,
    {
      id,
      mediaType,
      name: name ?? mediaType,
      lwm2m: name !== undefined,
      readable: read !== undefined,
      replacedBy,
      encoding,
      read: read === LINKS ? undefined : read,
    },
  ]),
);

/** The content format with this number; undefined where the number has no name here. Allocates nothing. */
export function contentFormat(id: number): ContentFormat | undefined {
  return FORMATS.get(id);
}

/** Name of a content format; `content format 11540` for a number without one. */
export function contentFormatName(id: number): string {
  return FORMATS.get(id)?.name ?? `content format ${id}`;
}

/** All content formats with a name, in order of their numbers. */
export function contentFormats(): Iterable<ContentFormat> {
  return FORMATS.values();
}
