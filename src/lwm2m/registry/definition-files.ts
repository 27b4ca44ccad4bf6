import { isZip, readZip, type ZipLimits } from '../../capture/zip.ts';
import type { LoadedDefinition } from './object-definition.ts';
import { MAX_XML_BYTES, readObjectXml } from './object-xml.ts';

/** A file with object definitions: OMA's XML, or a zip archive of such files. */
export interface DefinitionFile {
  name: string;
  bytes: Uint8Array;
}

/** What is wrong in a file; line and column count from 1 and are absent for a file that is no text. */
export interface DefinitionFault {
  source: string;
  line?: number;
  column?: number;
  text: string;
}

/** The definitions of some files. */
export interface DefinitionSet {
  /** Of one object and version only the last. */
  definitions: LoadedDefinition[];
  faults: DefinitionFault[];
  /** Definitions whose place a later one took, one sentence each. */
  notes: string[];
}

const ZIP_LIMITS: ZipLimits = { entries: 4096, entryBytes: MAX_XML_BYTES, totalBytes: 64 << 20 };
/** Definitions that are kept together; the OMA registry has 425. */
const MAX_DEFINITIONS = 10_000;

/** Whether a name is that of an XML file, and not of what an archive keeps for macOS. */
export function isXmlName(name: string): boolean {
  return /\.xml$/i.test(name) && !/(^|\/)(__MACOSX\/|\._)/.test(name);
}

/** A fault as one line: `sensor.xml:12:7: the Type 'Int' of resource 3 is not known`. */
export function faultLine({ source, line, column, text }: DefinitionFault): string {
  return line === undefined ? `${source}: ${text}` : `${source}:${line}:${column ?? 1}: ${text}`;
}

/**
 * Reads definitions from files, one after the other; the file's name becomes their source, for one of an archive with
 * the archive's name before. Of two definitions of the same object and version the later counts, and that is noted.
 */
export function readDefinitionFiles(files: Iterable<DefinitionFile>): DefinitionSet {
  const known = new Map<string, LoadedDefinition>();
  const set: DefinitionSet = { definitions: [], faults: [], notes: [] };
  const readXmlFile = (source: string, bytes: Uint8Array): void => {
    const { objects, faults } = readObjectXml(bytes);
    for (const fault of faults) set.faults.push({ source, ...fault });
    for (const object of objects) {
      const key = `${object[0]} ${object[1]}`;
      const earlier = known.get(key);
      if (earlier !== undefined)
        set.notes.push(
          `${source}: /${object[0]} ${object[1]} takes the place of the one in ${earlier.source}`,
        );
      if (earlier === undefined && known.size === MAX_DEFINITIONS) {
        set.faults.push({ source, text: `more than ${MAX_DEFINITIONS} definitions` });
        return;
      }
      known.delete(key);
      known.set(key, { source, object });
    }
  };
  for (const { name, bytes } of files) {
    if (!isZip(bytes)) {
      readXmlFile(name, bytes);
      continue;
    }
    const { entries, faults } = readZip(bytes, isXmlName, ZIP_LIMITS);
    for (const fault of faults)
      set.faults.push({ source: fault.name === '' ? name : `${name}/${fault.name}`, text: fault.text });
    if (entries.length === 0 && faults.length === 0)
      set.faults.push({ source: name, text: 'the archive holds no .xml file' });
    for (const entry of entries) readXmlFile(`${name}/${entry.name}`, entry.bytes);
  }
  set.definitions = [...known.values()];
  return set;
}
