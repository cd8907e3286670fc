/**
 * `npm run bench -- kernels`: how fast are the statistics against C, plain JavaScript and the libraries, on this machine, now?
 *
 *   npm run bench -- kernels [--smoke] [--only johansen,eigen] [--rounds 31] [--json out.json]
 *
 * All sides of a case take turns in every round, a few milliseconds each, so that a busy moment meets all of them. A ratio is the
 * median over rounds of the ratio within the round. The first side runs twice per round: how far those two seem apart is the error of
 * everything else. All sides run on the same core, because two cores of a shared machine are not equally fast. Each side's result
 * is compared with the first one's, and printed, so that nothing can be left out unseen.
 *
 * A missed bar is printed and does not fail the run: it fails only when sides disagree about a result.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KERNEL_BARS, KERNEL_CONTROL_APART_MAX, SLICE_US_MAX } from "./budgets.ts";
import { casesOf } from "./kernels/cases.ts";
import type { Case } from "./kernels/data.ts";
import { barLine, controlsApart, judgeBars, type KernelRow, kernelRows, kernelTable } from "./kernels/report.ts";
import { compilerVersion, RIVALS, type Rival, type RivalName, startRival } from "./kernels/rival.ts";
import { disagreements, measure } from "./kernels/rounds.ts";
import { measureSlices, type SliceRow, sliceTable } from "./kernels/slices.ts";
import { describeMachine } from "./machine.ts";
import { pinThread } from "./processes.ts";
import type { Verdict } from "./report.ts";

export async function benchKernels(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      json: { type: "string" },
    },
  });
  const cases = chosen(casesOf(options.smoke), options.only);
  const rounds = Number(options.rounds ?? (options.smoke ? 3 : 31));
  const turnMs = options.smoke ? 0.5 : 5;
  const directory = mkdtempSync(join(tmpdir(), "outrigger-kernels-"));
  const rivals: Rival[] = [];
  try {
    const machine = describeMachine(directory);
    const pinned = pinThread() ? "all sides on one core" : "not pinned";
    for (const { name, data } of cases) {
      const head = [data.rows, data.columns, data.parameter];
      writeFileSync(join(directory, `${name}.f64`), Float64Array.from([...head, ...data.values]));
    }
    for (const name of Object.keys(RIVALS) as RivalName[]) {
      const rival = startRival(name, directory);
      if (rival !== null) rivals.push(rival);
    }
    say(
      `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, commit ${machine.commit}`,
    );
    const compiler = rivals.length > 0 ? compilerVersion() : "no C compiler found";
    say(`${machine.date} UTC, load before ${machine.loadBefore}, ${compiler}, ${rounds} rounds, ${pinned}\n`);

    const rows: KernelRow[] = [];
    for (const each of cases) {
      const measured = await measure(each, rivals, rounds, turnMs);
      for (const wrong of disagreements(measured)) {
        say(`FAILED: ${each.name}: ${wrong}`);
        process.exitCode = 1;
      }
      const found = kernelRows(each, measured);
      rows.push(...found);
      say(`${each.name}: ${each.what}\n${kernelTable(found)}\n`);
    }
    const slices =
      options.only === undefined || options.only.split(",").includes(SLICES)
        ? measureSlices(options.smoke ? 2 : 20, options.smoke)
        : [];
    if (slices.length > 0)
      say(
        `slices: longest is of each slice's median, the single worst has the machine's noise\n${sliceTable(slices)}\n`,
      );
    // A smoke run shows that the bench works. Its code is cold, so its figures mean nothing.
    const verdicts = options.smoke ? [] : [...judgeBars(rows, KERNEL_BARS), ...judgeSlices(slices)];
    say(options.smoke ? "smoke: too small to judge" : verdicts.map(barLine).join("\n"));
    for (const { case: name, apart } of options.smoke ? [] : controlsApart(rows)) {
      if (apart <= KERNEL_CONTROL_APART_MAX) continue;
      say(`NOISE: ${name}: two identical sides are ${(100 * apart).toFixed(0)} % apart, so its verdicts mean little`);
    }
    if (options.json !== undefined) {
      writeFileSync(
        options.json,
        `${JSON.stringify({ machine, compiler, rounds, rows, slices, verdicts }, null, 2)}\n`,
      );
    }
  } finally {
    for (const rival of rivals) rival.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What `--only` calls the last part. */
const SLICES = "slices";

const judgeSlices = (rows: readonly SliceRow[]): Verdict[] =>
  rows.map(({ name, longestUs }) => ({
    bar: `${name}: longest slice, µs, at most`,
    value: longestUs,
    limit: SLICE_US_MAX,
    pass: longestUs <= SLICE_US_MAX,
  }));

function chosen(cases: readonly Case[], only: string | undefined): readonly Case[] {
  if (only === undefined) return cases;
  const names = [...cases.map(({ name }) => name), SLICES];
  const unknown = only.split(",").find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: the cases are ${names.join(", ")}`);
  return cases.filter(({ name }) => only.split(",").includes(name));
}

function say(line: string): void {
  console.log(line);
}
