import { codeAt, codeLength, type JsonScanner } from './json-scanner.ts';
import { Label } from './senml-pack.ts';

/** Characters that a known name has at most. */
const MAX_NAME = 4;
const UNDERSCORE = 0x5f;

/** A name of up to four ASCII characters as one number. */
function codeOf(name: string): number {
  let code = 0;
  for (let index = 0; index < name.length; index++) code = code * 256 + name.charCodeAt(index);
  return code;
}

/** Labels by the code of their names (RFC 8428 table 1; LwM2M Core §7.5.6). */
const SENML: ReadonlyMap<number, number> = new Map(
  (
    [
      ['bver', Label.baseVersion],
      ['bn', Label.baseName],
      ['bt', Label.baseTime],
      ['bu', Label.baseUnit],
      ['bv', Label.baseValue],
      ['bs', Label.baseSum],
      ['n', Label.name],
      ['u', Label.unit],
      ['v', Label.value],
      ['vs', Label.text],
      ['vb', Label.boolean],
      ['s', Label.sum],
      ['t', Label.time],
      ['ut', Label.updateTime],
      ['vd', Label.data],
      ['vlo', Label.objlnk],
    ] as const
  ).map(([name, label]) => [codeOf(name), label]),
);

/** Names in LwM2M JSON 1.0 (LwM2M Core 1.0 §6.4.4). */
const LWM2M_JSON: ReadonlyMap<number, number> = new Map(
  (
    [
      ['n', Label.name],
      ['v', Label.value],
      ['sv', Label.text],
      ['bv', Label.boolean],
      ['ov', Label.objlnk],
      ['t', Label.time],
    ] as const
  ).map(([name, label]) => [codeOf(name), label]),
);

/** Code of the name in `bytes[start..end)` without quotes, as one number; -1 for a longer one. */
export function nameCode(bytes: Uint8Array, start: number, end: number, escaped: boolean): number {
  let code = 0;
  let length = 0;
  for (let position = start; position < end; length++) {
    if (length === MAX_NAME) return -1;
    code = code * 256 + (escaped ? codeAt(bytes, position) : bytes[position]!);
    position += escaped ? codeLength(bytes, position) : 1;
  }
  return code;
}

/** Label of a SenML field by its name; names that end in `_` must be understood (RFC 8428 §4.4). */
export function senmlLabel(bytes: Uint8Array, start: number, end: number, escaped: boolean): number {
  const label = SENML.get(nameCode(bytes, start, end, escaped));
  if (label !== undefined) return label;
  return end > start && bytes[end - 1] === UNDERSCORE ? Label.critical : Label.unknown;
}

/** Label of a field of LwM2M JSON by the name that the scanner stands behind. */
export function lwm2mJsonLabel(scanner: JsonScanner): number {
  const { bytes, start, stringEnd, escaped } = scanner;
  return LWM2M_JSON.get(nameCode(bytes, start + 1, stringEnd - 1, escaped)) ?? Label.unknown;
}
