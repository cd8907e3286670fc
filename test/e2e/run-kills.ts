/**
 * `kill -9` of the real engine from the command line, as often as wished; after each the logs, the book and the venues' truth are compared.
 *
 *     npm run kill -- --runs 1000                     pool lanes, native venues
 *     npm run kill -- --runs 100 --lanes inline       the lane on the receiver's thread
 *     npm run kill -- --runs 100 --power              the end of the log is lost too, and the machine has booted
 *
 * Ends at the first difference, with the seed that names it, unless `--keep` is given. The last line sums up.
 */
import { parseArgs } from "node:util";
import { KillHarness, type KillTotals } from "../support/kill-harness.ts";

/** Several lives on one journal, so that recovery runs on what was recovered before; then a new one, or reading grows long. */
const RUNS_PER_WORLD = 5;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "25" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    lanes: { type: "string", default: "pool" },
    power: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
if (values.lanes !== "pool" && values.lanes !== "inline") throw new Error("--lanes: must be pool or inline");
const [runs, firstSeed] = [Number(values.runs), Number(values.seed)];
const sum: Partial<Record<keyof KillTotals, number>> = {};
let done = 0;
let failed = 0;
for (let seed = firstSeed; done < runs; seed++) {
  const harness = await KillHarness.start(values.lanes, seed);
  try {
    for (let run = 0; run < RUNS_PER_WORLD && done < runs; run++, done++)
      await harness.run({ losesPower: values.power });
  } catch (error) {
    failed++;
    done++;
    console.error(error instanceof Error ? error.message : error);
  } finally {
    for (const [name, count] of Object.entries(harness.totals) as [keyof KillTotals, number][]) {
      sum[name] = (sum[name] ?? 0) + count;
    }
    await harness.close();
  }
  console.log(`${done} runs, ${failed} failed, seed ${seed}: ${JSON.stringify(sum)}`);
  if (failed > 0 && !values.keep) break;
}
process.exitCode = failed > 0 ? 1 : 0;
