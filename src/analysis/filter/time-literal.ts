/** A moment: whole seconds since 1970 and the nanoseconds that follow, 0 to 999,999,999. */
export interface Moment {
  seconds: number;
  nanoseconds: number;
}

const EPOCH = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

const SECONDS_PER_DAY = 86_400;
const NANOSECONDS_PER_SECOND = 1_000_000_000;

function fraction(digits: string | undefined): number {
  return Number((digits ?? '').padEnd(9, '0'));
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Days from 1970-01-01 to a date of the Gregorian calendar, or undefined where there is no such date. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1) return undefined;
  if (day > MONTH_DAYS[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0)) return undefined;
  const before = year - 1;
  let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  for (let index = 1; index < month; index++) days += MONTH_DAYS[index - 1]!;
  if (month > 2 && isLeap(year)) days++;
  // 719,162 days lie between 0001-01-01 and 1970-01-01.
  return days + day - 1 - 719_162;
}

function zoneSeconds(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/**
 * Reads a moment: seconds since 1970 with up to nine digits behind the point (`1763856000.123456789`), or
 * ISO 8601 date and time in UTC unless an offset is given (`2026-01-31T12:30:00Z`, `2026-01-31 12:30`,
 * `2026-01-31`). A leap second counts as the second behind it. Undefined for anything else.
 */
export function readTime(text: string): Moment | undefined {
  const epoch = EPOCH.exec(text);
  if (epoch !== null) {
    const seconds = Number(epoch[2]);
    const nanoseconds = fraction(epoch[3]);
    if (epoch[1] === '') return { seconds, nanoseconds };
    return nanoseconds === 0
      ? { seconds: -seconds, nanoseconds }
      : { seconds: -seconds - 1, nanoseconds: NANOSECONDS_PER_SECOND - nanoseconds };
  }
  const iso = ISO.exec(text);
  if (iso === null) return undefined;
  const days = daysSince1970(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const hour = Number(iso[4] ?? 0);
  const minute = Number(iso[5] ?? 0);
  const second = Number(iso[6] ?? 0);
  const zone = zoneSeconds(iso[8]);
  if (days === undefined || zone === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  return {
    seconds: days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - zone,
    nanoseconds: fraction(iso[7]),
  };
}
