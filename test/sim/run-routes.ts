/**
 * Route scenarios from the command line.
 *
 *     npm run sim:routes -- --seed 42            that scenario, one line per event (· event, ▸ command)
 *     npm run sim:routes -- --from 0 --count 200000
 */
import { parseArgs } from "node:util";
import { runRoute } from "../support/route-sim.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, from: { type: "string" }, count: { type: "string" } },
});
const seed = Number(values.seed ?? values.from ?? 0);
const count = values.seed === undefined ? Number(values.count ?? 1000) : 1;
const trace = values.seed === undefined ? undefined : (line: string) => console.log(line);
let events = 0;
let orders = 0;
try {
  for (let n = seed; n < seed + count; n++) {
    const result = runRoute(n, trace);
    events += result.events;
    orders += result.orders;
  }
  console.log(`${count} scenarios from seed ${seed}: ${events} events, ${orders} orders, every invariant held`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
