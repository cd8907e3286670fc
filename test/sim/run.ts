/**
 * The simulator from the command line.
 *
 *     npm run sim -- --seed 42                              that scenario, one line per event
 *     npm run sim -- --from 0 --count 2000 --twice          each seed twice, and compared
 *     npm run sim -- --count 2000 --only kills,power        no other troubles; --always adds some to every scenario
 *     npm run sim -- --seed 42 --shrink                     the least of it that still breaks the same promise
 *
 *     npm run sim -- --count 2000 --portfolio               with the portfolio hedge on
 *     npm run sim -- --count 2000 --without                 power losses, and an operator who begins without a venue
 *
 * `--kills`, `--signals` and `--storm` bound what was drawn; shrinking prints the options that make its result again.
 */
import { parseArgs } from "node:util";
import type { Profile, Trouble } from "../../src/sim/scenario.ts";
import { shrink } from "../../src/sim/shrink.ts";
import { createMachine, simulate } from "../../src/sim/simulate.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string" },
    count: { type: "string" },
    only: { type: "string" },
    always: { type: "string" },
    kills: { type: "string" },
    signals: { type: "string" },
    storm: { type: "string" },
    shrink: { type: "boolean" },
    twice: { type: "boolean" },
    portfolio: { type: "boolean" },
    without: { type: "boolean" },
    keep: { type: "boolean" },
  },
});
const first = Number(values.seed ?? values.from ?? 0);
const count = values.seed === undefined ? Number(values.count ?? 500) : 1;
const machine = createMachine();
const say =
  values.seed === undefined || values.shrink ? undefined : (line: string) => process.stdout.write(`${line}\n`);
const sum = { events: 0, lives: 0, orders: 0, accepted: 0, powerLosses: 0 };
let failed = 0;
const startedMs = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const profile = profileOf(seed);
  try {
    const outcome = await simulate(machine, profile, say);
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += outcome[key];
    if (values.twice && (await simulate(machine, profile)).sha256 !== outcome.sha256) {
      throw new Error(`seed ${seed}: a second run went another way`);
    }
  } catch (error) {
    failed++;
    if (values.shrink) console.log(`least: ${optionsOf(await shrink(profile, breaks))}`);
    console.error(values.seed === undefined ? (error as Error).message : error);
    if (!values.keep) break;
  }
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(`${count} scenarios in ${seconds.toFixed(1)} s, ${failed} failed: ${JSON.stringify(sum)}`);
process.exitCode = failed > 0 ? 1 : 0;

function profileOf(seed: number): Profile {
  const list = (text: string) => text.split(",").filter((name) => name !== "") as Trouble[];
  return {
    seed,
    ...(values.portfolio === true ? { portfolio: true } : {}),
    ...(values.only === undefined ? {} : { troubles: list(values.only) }),
    ...(values.without === true ? { leavesOut: true, always: ["power"] } : {}),
    ...(values.always === undefined ? {} : { always: list(values.always) }),
    ...(values.kills === undefined ? {} : { killsMax: Number(values.kills) }),
    ...(values.signals === undefined ? {} : { signalsMax: Number(values.signals) }),
    ...(values.storm === undefined ? {} : { stormMsMax: Number(values.storm) }),
  };
}

function optionsOf({ seed, troubles, always, killsMax, signalsMax, stormMsMax }: Profile): string {
  const options = { seed, only: troubles, always, kills: killsMax, signals: signalsMax, storm: stormMsMax };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `--${name} ${String(value) === "" ? '""' : value}`).join(" ");
}

async function breaks(profile: Profile): Promise<string | null> {
  try {
    await simulate(machine, profile);
    return null;
  } catch (error) {
    return /: (W\d+|[a-z ]+)/.exec((error as Error).message)?.[1] ?? "";
  }
}
