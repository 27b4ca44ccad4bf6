import type { Sought } from './capture.ts';
import { sumText, type Told, type ToldValue } from './claim.ts';

/** What the stack says of one CoAP message; `raw` where the transport library shows only a text. */
export interface LeshanMessage extends Sought {
  uri_path?: string;
  content_format?: number;
  accept?: number;
  payload_len?: number;
  payload_hex?: string;
  raw?: string;
}

/** A value as Leshan's own objects have it; of long bytes only length, beginning and sum. */
export type LeshanValue =
  string | number | boolean | { hex: string } | { epoch: number } | { len: number; sha256: string };

/** A resource, an instance or an object as Leshan's own objects have it. */
export interface LeshanNode {
  type?: string;
  value?: LeshanValue;
  values?: Record<string, LeshanValue>;
  resources?: Record<string, LeshanNode>;
  instances?: Record<string, LeshanNode>;
  objects?: Record<string, LeshanNode>;
}

/** Nodes by their paths; null where nothing came for a path. */
export type LeshanNodes = Record<string, LeshanNode | null>;

function plainValue(value: LeshanValue): ToldValue {
  if (typeof value !== 'object') return value;
  if ('hex' in value) return value.hex;
  return 'epoch' in value ? value.epoch : sumText(value.len, value.sha256);
}

/** All values below a node by path. */
export function nodeValues(
  path: string,
  node: LeshanNode,
  into: Record<string, ToldValue> = {},
): Record<string, ToldValue> {
  if (node.value !== undefined) into[path] = plainValue(node.value);
  for (const [id, value] of Object.entries(node.values ?? {})) into[`${path}/${id}`] = plainValue(value);
  for (const [id, inner] of Object.entries({ ...node.resources, ...node.instances, ...node.objects }))
    nodeValues(path === '/' ? `/${id}` : `${path}/${id}`, inner, into);
  return into;
}

/** All values of several nodes by path. */
export function nodesValues(nodes: LeshanNodes): Record<string, ToldValue> {
  const into: Record<string, ToldValue> = {};
  for (const [path, node] of Object.entries(nodes)) if (node !== null) nodeValues(path, node, into);
  return into;
}

/** The number in a name as `SENML_CBOR(112)`. */
export function formatNumber(text: string | null | undefined): number | undefined {
  const found = /\((\d+)\)/.exec(text ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Whether a truth file has something for a key. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** Seconds since 1970 of a time like `2026-11-23T00:42:12.028508053Z`. */
function epochOf(time: string): number {
  return Date.parse(time.replace(/\.\d+/, '')) / 1000 + Number(/\.\d+/.exec(time)?.[0] ?? 0);
}

/** Path, value and time of each value of a series. */
export function seriesOf(data: readonly { timestamp: string | null; nodes: LeshanNodes }[]): Told['series'] {
  return data.flatMap(({ timestamp, nodes }) =>
    Object.entries(nodesValues(nodes)).map(
      ([path, value]) => [path, value as string | number, epochOf(timestamp!)] as const,
    ),
  );
}
