/**
 * Problems of a configuration: each names the place, the setting and what would be right, and all are reported together.
 */

/** Where a setting is: keys and list positions from the root. */
export type SettingPath = readonly (string | number)[];

export interface Problem {
  readonly file: string;
  /** From 1. 0 where the problem has no place in the file. */
  readonly line: number;
  readonly column: number;
  /** `receiver.port`, `sources[0].auth`; empty for the whole file. */
  readonly setting: string;
  readonly message: string;
}

export type ConfigErrorCode = "CONFIG_NOT_FOUND" | "CONFIG_UNREADABLE" | "CONFIG_INVALID" | "SECRET_MISSING";

/** Expected: the operator's file or environment is not as it must be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ConfigErrorCode, problems: readonly Problem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.code = code;
    this.problems = problems;
  }
}

export function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  return problem.setting === "" ? `${place}: ${problem.message}` : `${place}: ${problem.setting}: ${problem.message}`;
}

export function formatSetting(path: SettingPath): string {
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
  return text;
}

/** The candidate a misspelling most likely meant, or null where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const contained = word.length >= 3 && candidate.toLowerCase().startsWith(word.toLowerCase());
    const effective = contained ? Math.min(distance, 2) : distance;
    if (effective < bestDistance) {
      best = candidate;
      bestDistance = effective;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours. O(n·m); both are setting names. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, at(beforePrevious, j - 2) + 1);
      }
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
