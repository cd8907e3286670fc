/**
 * `npm run fuzz [-- --count N --seed S]`: mutated frames and bodies against everything that reads a sender's bytes.
 *
 * Prints the seed first and a summary last. Exits 1 at the first failure, with the command that shows it again.
 */
import { parseArgs } from "node:util";
import { ROUNDS_MAX, TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 32) },
    /** One round of one target only. */
    target: { type: "string" },
    round: { type: "string" },
  },
});
const count = wholeNumber("count", values.count, ROUNDS_MAX);
const seed = wholeNumber("seed", values.seed, 2 ** 32 - 1);
const first = values.round === undefined ? 0 : wholeNumber("round", values.round, ROUNDS_MAX - 1);
const last = values.round === undefined ? count : first + 1;
const targets = TARGETS.filter(({ name }) => values.target === undefined || values.target === name);
if (targets.length === 0) throw new Error(`--target is one of ${TARGETS.map(({ name }) => name).join(", ")}`);

process.stdout.write(`fuzz: seed ${seed}, ${last - first} inputs each\n`);
for (const target of targets) {
  let accepted = 0;
  for (let round = first; round < last; round++) {
    const input = target.input(seed, round);
    try {
      if (target.check(input)) accepted++;
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.stderr.write(`input (hex): ${Buffer.from(input).toString("hex")}\n`);
      process.stderr.write(
        `fuzz: ${target.name} FAILED. Again: npm run fuzz -- --seed ${seed} --target ${target.name} --round ${round}\n`,
      );
      process.exit(1);
    }
  }
  process.stdout.write(
    `fuzz: ${target.name} ok, ${last - first} inputs, ${accepted} accepted, the rest refused by name\n`,
  );
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new Error(`--${name} must be a whole number up to ${max}`);
  return value;
}
