/**
 * Times and durations as senders write them → milliseconds, exactly and strictly. NaN for anything else; nothing throws.
 *
 * `Date.parse` is not used: it accepts local times and guesses, and what it accepts differs between engines.
 */

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** `30s`, `15m`, `4h`, `2d` → milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  return match ? Number(match[1]) * (UNIT_MS.get(match[2] as string) as number) : Number.NaN;
}

/** RFC 3339, or the Unix epoch in seconds or milliseconds as a number or digits → whole milliseconds since the epoch. */
export function parseTime(value: string | number): number {
  if (typeof value === "number") return epochToMs(value);
  if (/^\d{1,16}(\.\d{1,9})?$/.test(value)) return epochToMs(Number(value));
  return parseRfc3339(value);
}

/** Below this a number counts seconds: as milliseconds it would lie before 1974, as seconds up to the year 5138. */
const SECONDS_MAX = 1e11;

function epochToMs(value: number): number {
  // Rounded before it is cut to a whole number: 1723161255.123 s has no exact float.
  return value < SECONDS_MAX ? Math.floor(Number((value * 1000).toFixed(3))) : Math.floor(value);
}

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

function parseRfc3339(text: string): number {
  const match = RFC_3339.exec(text);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  // A leap second (60) becomes the first instant after it.
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return Number.NaN;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  const fractionMs = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMs = (match[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60_000;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fractionMs - offsetMs;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
