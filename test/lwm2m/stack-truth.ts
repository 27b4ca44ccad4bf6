import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, RECORDED } from '../captures.ts';

/** A value as Leshan's own objects have it. */
export type TruthValue = string | number | boolean | { hex: string } | { epoch: number };

/** A resource, an instance or an object as Leshan's own objects have it. */
export interface TruthNode {
  value?: TruthValue;
  values?: Record<string, TruthValue>;
  resources?: Record<string, TruthNode>;
  instances?: Record<string, TruthNode>;
}

/** What the stack itself says of one CoAP message. */
export interface TruthMessage {
  code: string;
  uri_path?: string;
  uri_query?: string;
  content_format?: number;
  accept?: number;
  observe?: number;
  payload_len: number;
  payload_hex?: string;
}

/** One operation of the driver; `coap` is the answer. */
export interface TruthOperation {
  file: string;
  op: string;
  path?: string;
  mode?: string;
  code?: string;
  args?: string;
  links?: string;
  value?: TruthNode;
  written?: TruthNode;
  coap?: TruthMessage;
  request_coap?: TruthMessage | string;
}

/** Folders with truth files: the project's own, and further ones where this machine has them. */
const FOLDERS = [join(FIXTURES, 'leshan'), ...(RECORDED === undefined ? [] : [join(RECORDED, 'leshan')])];

/** Numbers with more digits than a double holds become text. */
function parseExactly(text: string): { operations?: TruthOperation[] } {
  return JSON.parse(text.replace(/:\s*(-?\d{16,})(?=[,}\s])/g, ':"$1"')) as { operations?: TruthOperation[] };
}

function readAll(): TruthOperation[] {
  const seen = new Set<string>();
  const operations: TruthOperation[] = [];
  for (const folder of FOLDERS) {
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder).sort()) {
      if (!/^leshan.*\.truth\.json$/.test(file) || seen.has(file)) continue;
      seen.add(file);
      const truth = parseExactly(readFileSync(join(folder, file), 'utf8'));
      for (const operation of truth.operations ?? []) operations.push({ ...operation, file });
    }
  }
  return operations;
}

/** All operations of the recordings of Leshan that this machine has. */
export const TRUTH: readonly TruthOperation[] = readAll();
