/** How the name of a file ends, by what is in it. */
const ENDINGS: Readonly<Record<string, string>> = {
  pcapng: 'pcapng',
  pcap: 'pcap',
  'modified pcap': 'pcap',
  gzip: 'gz',
};

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Name of the file that a recording is saved as, by the time of its first frame: `lwm2m-2026-11-25-14-02.pcapng`, in universal time. */
export function recordingFileName(seconds: number, container = 'pcapng'): string {
  const date = new Date(seconds * 1000);
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return `lwm2m-${day}-${two(date.getUTCHours())}-${two(date.getUTCMinutes())}.${ENDINGS[container] ?? 'txt'}`;
}

/** When a recording began, for a person: `14:02 UTC` today, `2026-11-24 14:02 UTC` before. Both in milliseconds since 1970. */
export function recordingTimeText(time: number, now: number): string {
  const text = new Date(time).toISOString();
  const clock = `${text.slice(11, 16)} UTC`;
  return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? clock
    : `${text.slice(0, 10)} ${clock}`;
}
