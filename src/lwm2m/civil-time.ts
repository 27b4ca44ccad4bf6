import type { Seconds } from '../capture/units.ts';

const SECONDS_A_DAY = 86_400;
/** Days in 400 years of the Gregorian calendar. */
const DAYS_AN_ERA = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAY = 719_468;
/** Beyond the year 9999 the text of a date is of no use. */
const MAX_SECONDS = 253_402_300_799;

/** Days since 1970-01-01 of a date of the Gregorian calendar; counts years from March, so that leap days end them. */
export function daysOfDate(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_AN_ERA + dayOfEra - EPOCH_DAY;
}

function padded(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

/**
 * Writes seconds since 1970 as UTC text, `2026-11-23 00:41:17`, with a fraction to the millisecond where there is
 * one; undefined outside the years 1 to 9999.
 */
export function utcText(seconds: Seconds): string | undefined {
  if (!(Math.abs(seconds) <= MAX_SECONDS)) return undefined;
  const milliseconds = Math.round(seconds * 1000);
  const whole = Math.floor(milliseconds / 1000);
  const fraction = milliseconds - whole * 1000;
  const days = Math.floor(whole / SECONDS_A_DAY);
  const secondOfDay = whole - days * SECONDS_A_DAY;
  const shifted = days + EPOCH_DAY;
  const era = Math.floor(shifted / DAYS_AN_ERA);
  const dayOfEra = shifted - era * DAYS_AN_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (DAYS_AN_ERA - 1))) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 1 || year > 9999) return undefined;
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
  const time = [secondOfDay / 3600, (secondOfDay / 60) % 60, secondOfDay % 60]
    .map((part) => padded(Math.floor(part), 2))
    .join(':');
  return fraction === 0 ? `${date} ${time}` : `${date} ${time}.${padded(fraction, 3)}`;
}

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:[Zz]|([-+])(\d{2}):(\d{2}))$/;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads a date and time of RFC 3339 §5.6 as seconds since 1970; NaN where the text is none. */
export function secondsOfDateTime(text: string): Seconds {
  const match = DATE_TIME.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const numbers = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = numbers;
  const daysInMonth = DAYS_IN_MONTH[mo - 1];
  if (daysInMonth === undefined || d < 1 || d > daysInMonth || h > 23 || mi > 59 || s > 60) return NaN;
  const offset =
    sign === undefined ? 0 : Number(`${sign}1`) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60;
  return daysOfDate(y, mo, d) * SECONDS_A_DAY + h * 3600 + mi * 60 + s + Number(fraction ?? 0) - offset;
}
