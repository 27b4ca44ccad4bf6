/** Longest name that is compared letter by letter, in UTF-16 units; bounds the work for a mistyped name. */
const MAXIMUM_COMPARED = 64;

/** Number of letters to change, add or leave out to make one text of the other (Levenshtein distance). */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const changed = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}

function score(wanted: string, name: string): number {
  if (name === wanted) return 0;
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (last === wanted || name.endsWith(`.${wanted}`)) return 0.5;
  const whole = distance(wanted, name);
  const wantedLast = wanted.slice(wanted.lastIndexOf('.') + 1);
  // A right last part under a wrong first one, such as `message.code`, is near too.
  const part = wantedLast === last ? 1 : distance(wantedLast, last) + 1;
  const near = Math.min(whole, part);
  const limit = Math.max(1, Math.floor(Math.min(wanted.length, name.length) / 3));
  if (near <= limit) return near;
  return wanted.length >= 3 && name.includes(wanted) ? limit + 1 : Infinity;
}

/** The names most like a mistyped one, the likest first; none where nothing is like it. Case does not count. */
export function nearestNames(wanted: string, names: readonly string[], count = 3): string[] {
  const lower = wanted.toLowerCase().slice(0, MAXIMUM_COMPARED);
  const scored: { name: string; points: number }[] = [];
  for (const name of new Set(names)) {
    const points = score(lower, name.toLowerCase());
    if (points < Infinity) scored.push({ name, points });
  }
  scored.sort((left, right) => left.points - right.points || left.name.length - right.name.length);
  return scored.slice(0, count).map(({ name }) => name);
}
