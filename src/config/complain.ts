/** What the rules on relations share: complaining, and the two complaints that most of them make. */
import { nearest, type SettingPath } from "./problem.ts";

/** Collects a problem at a setting. */
export type Complain = (path: SettingPath, message: string) => void;

/** Of what a check found; null is nothing. */
export function complainOf(problem: string | null, path: SettingPath, complain: Complain): void {
  if (problem !== null) complain(path, problem);
}

/** Null entries do not count. */
export function unique(
  values: readonly (string | null)[],
  path: (index: number) => SettingPath,
  what: string,
  complain: Complain,
): void {
  values.forEach((value, i) => {
    if (value !== null && values.indexOf(value) !== i) complain(path(i), `a second ${what} "${value}"`);
  });
}

export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? "" : `; did you mean "${near}"?`;
}
