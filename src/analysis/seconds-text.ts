/** Whole seconds and the rest, which counts upwards, as one decimal number with nine digits; since 1970 for a time. */
export function secondsText(seconds: number, nanoseconds: number): string {
  // Below zero the fraction still counts upwards; as one decimal the sign stands before the whole.
  if (seconds < 0 && nanoseconds > 0) return `-${-seconds - 1}.${String(1e9 - nanoseconds).padStart(9, '0')}`;
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

/** Seconds as a decimal with nine digits, as near as a double comes to what was sent. */
export function decimalText(seconds: number): string {
  // A double this large tells microseconds at most: further digits would be noise.
  const micros = Math.round(seconds * 1e6);
  const whole = Math.floor(micros / 1e6);
  return secondsText(whole, (micros - whole * 1e6) * 1000);
}
