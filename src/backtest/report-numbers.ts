/** Numbers as reports write them. What has no value is a dash. */

export function percentOf(value: number | null): string {
  return value === null ? "–" : percent(value);
}

export function percent(value: number): string {
  return `${plain(value * 100, 4)} %`;
}

/** Rounded to so many significant digits, without trailing zeros. */
export function plain(value: number, digits: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : "–";
}

export function plainOf(value: number | null, digits: number): string {
  return value === null ? "–" : plain(value, digits);
}
