/**
 * The C side: two processes of the same sources, one compiled as it stands and one with -ffast-math, that time themselves.
 *
 * A compiler is used where there is one; without it the bench compares with JavaScript alone.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const SOURCES = ["serve.c", "rolling.c", "sample.c", "matrix.c", "qr.c", "johansen.c"];

export const RIVALS = {
  C: ["-O3", "-march=native"],
  "C fast-math": ["-O3", "-march=native", "-ffast-math"],
} as const;
export type RivalName = keyof typeof RIVALS;

/** Null where there is no compiler, or none that these sources compile with. `directory` holds the cases' data. */
export function startRival(name: RivalName, directory: string): Rival | null {
  const file = join(directory, name.replaceAll(" ", "-"));
  const sources = SOURCES.map((source) => fileURLToPath(new URL(source, import.meta.url)));
  try {
    execFileSync("cc", [...RIVALS[name], "-o", file, ...sources, "-lm"], { stdio: ["ignore", "ignore", "pipe"] });
  } catch {
    return null;
  }
  return new Rival(name, file, directory);
}

/** "cc (Debian 12.2.0-14) 12.2.0", for the report. */
export function compilerVersion(): string {
  try {
    return execFileSync("cc", ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0]!;
  } catch {
    return "none";
  }
}

export class Rival {
  readonly name: RivalName;
  readonly #process: ChildProcess;
  readonly #answers: Interface;

  constructor(name: RivalName, file: string, directory: string) {
    this.name = name;
    this.#process = spawn(file, [directory], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout! });
  }

  /** One round at a time. Throws when the process ends instead of answering. */
  async run(kernel: string, iterations: number): Promise<{ readonly ns: number; readonly result: number }> {
    const ended = new AbortController();
    const answer = once(this.#answers, "line", { signal: ended.signal });
    const closed = once(this.#answers, "close", { signal: ended.signal });
    this.#process.stdin!.write(`${kernel} ${iterations}\n`);
    const [line] = await Promise.race([answer, closed.then(() => [])]);
    ended.abort();
    for (const promise of [answer, closed]) promise.catch(() => undefined);
    if (typeof line !== "string") throw new Error(`${this.name}: ended instead of answering ${kernel}`);
    const [ns, result] = line.split(" ").map(Number) as [number, number];
    return { ns, result };
  }

  stop(): void {
    this.#process.stdin!.end();
  }
}
