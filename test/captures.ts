import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Folder of the captures committed with the project. */
export const FIXTURES = resolve(here, '../fixtures');

/** Folder with further captures, beside the project; tests that need it skip where it is absent. */
const CAPTURES = resolve(here, '../../shared/captures');

/** Folder of the recordings of real stacks, or undefined where this machine lacks it. */
export const RECORDED = existsSync(join(CAPTURES, 'recorded')) ? join(CAPTURES, 'recorded') : undefined;

/** Folder of the public captures, or undefined where this machine lacks it. */
export const PUBLIC = existsSync(join(CAPTURES, 'public')) ? join(CAPTURES, 'public') : undefined;
