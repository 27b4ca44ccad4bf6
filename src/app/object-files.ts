import type { LoadedDefinition } from '../lwm2m/registry/object-definition.ts';
import type { PageState } from './page-state.svelte.ts';

/** Whether a file is one of object definitions by its name, and not a capture. */
export function holdsDefinitions(name: string): boolean {
  return /\.(xml|zip)$/i.test(name);
}

const keyOf = ({ object }: LoadedDefinition): string => `${object[0]} ${object[1]}`;

/**
 * Loads object definitions beside those that are loaded; the later one counts. What could be read is put in force,
 * and what could not is told in the dialog. With `again`, what is open is analysed anew.
 */
export async function loadDefinitions(
  page: PageState,
  files: readonly File[],
  again: boolean,
): Promise<void> {
  // Most people never load one: the reader comes when it is needed.
  const { faultLine, readDefinitionFiles } = await import('../lwm2m/registry/definition-files.ts');
  const read = await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const { definitions, faults, notes } = readDefinitionFiles(read);
  const { settings } = page.session;
  const known = new Map(settings.objects.map((loaded) => [keyOf(loaded), loaded]));
  const replaced = definitions.flatMap((loaded) => {
    const earlier = known.get(keyOf(loaded));
    const [id, version] = loaded.object;
    return earlier === undefined
      ? []
      : [`${loaded.source}: /${id} ${version} takes the place of the one in ${earlier.source}`];
  });
  for (const loaded of definitions) {
    known.delete(keyOf(loaded));
    known.set(keyOf(loaded), loaded);
  }
  page.objectFaults = faults.map(faultLine);
  page.objectNotes = [...notes, ...replaced];
  if (definitions.length > 0)
    await page.session.setSettings({ ...settings, objects: [...known.values()] }, again);
}
