/**
 * Planted bugs: a copy of the sources with one mistake in it, run through a simulation. A witness that does not catch the
 * mistakes that cost money elsewhere is no witness.
 *
 * The sources themselves are never touched, and nothing in them knows of this.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Plant {
  readonly name: string;
  readonly file: string;
  /** Found exactly once in the file, and replaced. */
  readonly old: string;
  readonly bug: string;
  /** The invariants that may catch it first. */
  readonly caughtBy: RegExp;
  /** Options that direct the scenarios at the fault's class; none for the scenarios of every day. */
  readonly profile?: readonly string[];
}

export interface Catch {
  readonly seed: number;
  readonly message: string;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The simulations, by the script that runs each. */
export type Simulation = "run.ts" | "run-routes.ts";

/** The first scenario that fails with the bug in place; null when `seeds` of them hold. */
export async function catchPlant(plant: Plant, seeds: number, simulation: Simulation): Promise<Catch | null> {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-plant-"));
  try {
    for (const part of ["src", "test/support", "test/sim"]) {
      mkdirSync(dirname(join(directory, part)), { recursive: true });
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
    for (const part of ["dist", "node_modules"]) symlinkSync(join(ROOT, part), join(directory, part));
    const file = join(directory, plant.file);
    writeFileSync(file, planted(plant, readFileSync(file, "utf8")));
    const { failed, said } = await run(directory, simulation, ["--count", String(seeds), ...(plant.profile ?? [])]);
    if (!failed) return null;
    return { seed: Number(/seed (\d+)/.exec(said)?.[1] ?? Number.NaN), message: said };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The text of the plant's file with the bug in it. */
export function planted({ name, file, old, bug }: Plant, text: string): string {
  if (text.split(old).length !== 2) throw new Error(`${name}: its place in ${file} has changed`);
  return text.replace(old, () => bug);
}

function run(
  directory: string,
  simulation: Simulation,
  args: readonly string[],
): Promise<{ readonly failed: boolean; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(directory, "test/sim", simulation), ...args],
      { cwd: directory },
      (error, stdout, stderr) => resolve({ failed: error !== null, said: (stderr || stdout).trim() }),
    );
  });
}
