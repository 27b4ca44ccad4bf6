import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type DefinitionFile,
  type DefinitionSet,
  isXmlName,
  readDefinitionFiles,
} from '../lwm2m/registry/definition-files.ts';

/** Files of one folder and those below it; the OMA registry has some 800. */
const MAX_FILES = 10_000;
/** Largest file that is read; larger ones are refused by their size alone. */
const MAX_FILE_BYTES = 64 << 20;

/**
 * Reads the object definitions that the paths name: files in OMA's XML, zip archives of them, and folders with both,
 * searched with all below in order of their names. What cannot be read is among the faults.
 */
export async function readObjectPaths(paths: readonly string[]): Promise<DefinitionSet> {
  const files: DefinitionFile[] = [];
  const faults: DefinitionSet['faults'] = [];
  for (const path of paths) {
    try {
      for (const name of await filesAt(path)) {
        const { size } = await stat(name);
        if (size > MAX_FILE_BYTES) faults.push({ source: name, text: `longer than ${MAX_FILE_BYTES} bytes` });
        else files.push({ name, bytes: new Uint8Array(await readFile(name)) });
      }
    } catch (error) {
      faults.push({ source: path, text: trouble(error as NodeJS.ErrnoException) });
    }
  }
  const set = readDefinitionFiles(files);
  return { ...set, faults: [...faults, ...set.faults] };
}

/** The file itself, or the files of a folder that may hold definitions. */
async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  const wanted = names.filter(
    (name) => isXmlName(name.replaceAll('\\', '/')) || /\.zip$/i.test(basename(name)),
  );
  if (wanted.length === 0) throw new Error('the folder holds no .xml and no .zip file');
  if (wanted.length > MAX_FILES) throw new Error(`the folder holds more than ${MAX_FILES} files`);
  return wanted.sort().map((name) => join(path, name));
}

function trouble(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file or folder';
  if (error.code === 'EACCES') return 'it may not be read';
  return error.message;
}
