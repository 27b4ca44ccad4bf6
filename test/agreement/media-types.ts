/** Media types as tshark prints them, with the numbers that have them (RFC 7252 §12.3, IANA, drafts of LwM2M 1.0). */
const MEDIA_TYPES = new Map<string, readonly number[]>([
  ['text/plain; charset=utf-8', [0]],
  ['application/link-format', [40]],
  ['application/xml', [41]],
  ['application/octet-stream', [42]],
  ['application/json', [50]],
  ['application/json-patch+json', [51]],
  ['application/merge-patch+json', [52]],
  ['application/cbor', [60]],
  ['application/senml+json', [110]],
  ['application/senml+cbor', [112]],
  ['application/vnd.oma.lwm2m+tlv', [11542, 1542]],
  ['application/vnd.oma.lwm2m+json', [11543, 1543]],
]);

/** Numbers of the content-format that tshark prints as `name`; undefined where it is none of those known. */
export function formatNumbers(name: string): readonly number[] | undefined {
  const unknown = /^Unknown Type (\d+)$/.exec(name);
  return unknown === null ? MEDIA_TYPES.get(name) : [Number(unknown[1])];
}
