/** The whole of the fuzz bar: five million inputs to the decoders, a hundred thousand conversations with the port. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fuzzSockets } from "../fuzz/sockets.ts";
import { SEED_MAX, TARGETS } from "../fuzz/targets.ts";

const SEED = Date.now() % SEED_MAX;
const INPUTS = { frame: 4_000_000, body: 1_000_000 } as const;
const SLICE = 10_000;
const CASES = 100_000;

describe.each(TARGETS)("$name", (target) => {
  it(`keeps its promises over ${INPUTS[target.name]} mutants, and its memory`, async () => {
    let accepted = 0;
    let heapBytes = 0;
    for (let round = 0; round < INPUTS[target.name]; round++) {
      const input = target.input(SEED, round);
      try {
        if (target.check(input)) accepted++;
      } catch (error) {
        throw new Error(`npm run fuzz -- --seed ${SEED} --target ${target.name} --round ${round}`, { cause: error });
      }
      if (round % SLICE !== 0) continue;
      // The runner wants to hear from us now and then.
      await new Promise((resolve) => setImmediate(resolve));
      if (round === 20 * SLICE) heapBytes = process.memoryUsage().heapUsed;
    }
    console.info(`${target.name}: seed ${SEED}, ${INPUTS[target.name]} inputs, ${accepted} accepted`);
    expect(accepted).toBeGreaterThan(INPUTS[target.name] / 50);
    expect(process.memoryUsage().heapUsed - heapBytes).toBeLessThan(64 * 1024 * 1024);
  });
});

it(`keeps its promises over ${CASES} hostile conversations`, async () => {
  const failureFile = join(tmpdir(), `outrigger-fuzz-${SEED}.jsonl`);
  const result = await fuzzSockets({ seed: SEED, count: CASES, failureFile });
  console.info(JSON.stringify(result));
  expect(result.cases).toBe(CASES);
  expect(result.accepted).toBeGreaterThan(CASES / 20);
});
