/** A version text `major.minor` (LwM2M Core §7.2); undefined parts where it is none. */
const VERSION = /^(\d{1,9})\.(\d{1,9})(?:\.\d+)*$/;

function partsOf(version: string): [number, number] | undefined {
  const match = VERSION.exec(version);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

/** Whether a text is an object version, `1*DIGIT "." 1*DIGIT` (LwM2M Core §7.2.3). */
export function isVersion(text: string): boolean {
  return partsOf(text) !== undefined;
}

/** Orders version texts by their numbers; what is no version stands first. */
export function compareVersions(left: string, right: string): number {
  const [leftMajor, leftMinor] = partsOf(left) ?? [-1, -1];
  const [rightMajor, rightMinor] = partsOf(right) ?? [-1, -1];
  return leftMajor - rightMajor || leftMinor - rightMinor;
}

/**
 * Versions of the enabler's own objects by enabler version, for a device that announces none (LwM2M Core §7.2.3,
 * and the objects' appendices in each version of the enabler). Object 5 is 1.1 in 1.2's table, yet its appendix
 * E.6 defines 1.2; what devices implement has the resources of 1.2, which adds to 1.1 only.
 */
const IMPLIED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '1.1': { 0: '1.1', 1: '1.1', 3: '1.1', 4: '1.2' },
  '1.2': { 0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.1', 21: '2.0' },
};

/** Objects of the enabler itself: their version follows from the enabler's where none is announced. */
const ENABLER_OBJECTS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7, 21, 23, 24, 25, 26, 27]);

/** Whether an object belongs to the enabler itself, so that the enabler's version implies one of it. */
export function isEnablerObject(objectId: number): boolean {
  return ENABLER_OBJECTS.has(objectId);
}

/**
 * The version that an object has by the rules where its device announces none: that of the enabler version for the
 * enabler's own objects, 1.0 for all others (LwM2M Core §7.2.3). An absent enabler version is 1.0; `1.1.1` is as
 * 1.1, and one later than 1.2 as 1.2.
 */
export function impliedVersion(objectId: number, enabler = '1.0'): string {
  const [major, minor] = partsOf(enabler) ?? [1, 0];
  const known = major > 1 || minor >= 2 ? '1.2' : minor === 1 ? '1.1' : '1.0';
  return IMPLIED[known]?.[objectId] ?? '1.0';
}

/**
 * Index of the version nearest to a wanted one among `known` (oldest first, at least one): of the same major
 * version the newest that is not newer, for a minor version only adds (LwM2M Core §7.2.2); else the oldest of the
 * same major version; else the newest of an earlier major version; else the newest at all.
 */
export function nearestVersion(known: readonly string[], wanted: string): number {
  const parts = partsOf(wanted);
  const last = known.length - 1;
  if (parts === undefined) return last;
  const [major, minor] = parts;
  let lower = -1;
  let higher = -1;
  let earlier = -1;
  for (let index = 0; index <= last; index++) {
    const [knownMajor, knownMinor] = partsOf(known[index]!) ?? [-1, -1];
    if (knownMajor < major) earlier = index;
    else if (knownMajor === major && knownMinor <= minor) lower = index;
    else if (knownMajor === major && higher < 0) higher = index;
  }
  if (lower >= 0) return lower;
  if (higher >= 0) return higher;
  return earlier >= 0 ? earlier : last;
}
