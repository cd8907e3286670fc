/**
 * The simulator from the command line.
 *
 *     npm run sim -- --seed 42                              that scenario, one line per event
 *     npm run sim -- --from 0 --count 2000 --twice          each seed twice, and compared
 *     npm run sim -- --count 2000 --only kills,power        no other troubles; --always adds some to every scenario
 */
import { parseArgs } from "node:util";
import type { Profile, Trouble } from "../../src/sim/scenario.ts";
import { createMachine, simulate } from "../../src/sim/simulate.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string" },
    count: { type: "string" },
    only: { type: "string" },
    always: { type: "string" },
    twice: { type: "boolean" },
    keep: { type: "boolean" },
  },
});
const first = Number(values.seed ?? values.from ?? 0);
const count = values.seed === undefined ? Number(values.count ?? 500) : 1;
const list = (text: string | undefined) => text?.split(",") as Trouble[] | undefined;
const machine = createMachine();
const say = values.seed === undefined ? undefined : (line: string) => process.stdout.write(`${line}\n`);
const sum = { events: 0, lives: 0, orders: 0, accepted: 0, powerLosses: 0 };
let failed = 0;
const startedMs = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const only = list(values.only);
  const always = list(values.always);
  const profile: Profile = { seed, ...(only && { troubles: only }), ...(always && { always }) };
  try {
    const outcome = await simulate(machine, profile, say);
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += outcome[key];
    if (values.twice && (await simulate(machine, profile)).sha256 !== outcome.sha256) {
      throw new Error(`seed ${seed}: a second run went another way`);
    }
  } catch (error) {
    failed++;
    console.error(values.seed === undefined ? (error as Error).message : error);
    if (!values.keep) break;
  }
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(`${count} scenarios in ${seconds.toFixed(1)} s, ${failed} failed: ${JSON.stringify(sum)}`);
process.exitCode = failed > 0 ? 1 : 0;
