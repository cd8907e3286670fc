/**
 * `npm run fuzz [-- --frame N --body N --socket N --seed S]`: mutated frames and bodies against everything that reads a
 * sender's bytes, mutated requests and conversations against the receiver's port.
 *
 * Prints the seed first and a summary last. Exits 1 at the first failure, with the command that shows it again; a failing
 * socket case is written to a file (`--replay <file>`).
 */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fuzzSockets, replaySocketCase, type SocketFuzzResult } from "./sockets.ts";
import { ROUNDS_MAX, SEED_MAX, TARGETS, type Target } from "./targets.ts";

const { values } = parseArgs({
  options: {
    frame: { type: "string", default: "100000" },
    body: { type: "string", default: "100000" },
    socket: { type: "string", default: "5000" },
    seed: { type: "string", default: String(Date.now() % SEED_MAX) },
    /** One round of one decoder target only. */
    target: { type: "string" },
    round: { type: "string" },
    /** Socket cases that were kept, one after the other. */
    replay: { type: "string" },
  },
});
const seed = wholeNumber("seed", values.seed, SEED_MAX);
const failureFile = join(tmpdir(), `outrigger-fuzz-${seed}.jsonl`);

if (values.replay !== undefined) {
  for (const line of readFileSync(values.replay, "utf8").trim().split("\n")) {
    say(summary(await replaySocketCase(line, failureFile)));
  }
} else if (values.round !== undefined) {
  const round = wholeNumber("round", values.round, ROUNDS_MAX - 1);
  const target = TARGETS.find(({ name }) => name === values.target);
  if (target === undefined) throw new Error(`--target is one of ${TARGETS.map(({ name }) => name).join(", ")}`);
  decode(target, round, round + 1);
} else {
  say(`seed ${seed}`);
  for (const target of TARGETS) decode(target, 0, wholeNumber(target.name, values[target.name], ROUNDS_MAX));
  const count = wholeNumber("socket", values.socket, ROUNDS_MAX / 2);
  if (count > 0) say(summary(await fuzzSockets({ seed, count, failureFile })));
}

function decode(target: Target, first: number, last: number): void {
  const startMs = performance.now();
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
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  say(`${target.name} ok, ${last - first} inputs in ${seconds} s, ${accepted} accepted, the rest refused by name`);
}

function summary({ cases, outcomes, accepted, deadLetters, before, after }: SocketFuzzResult): string {
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  return (
    `socket ok, ${cases} cases, ${accepted} signals and ${deadLetters} dead letters, none unauthenticated; ` +
    `heap ${mb(before.heapBytes)} → ${mb(after.heapBytes)}, rss ${mb(before.rssBytes)} → ${mb(after.rssBytes)}, ` +
    `handles ${before.handles} → ${after.handles}; ${JSON.stringify(outcomes)}`
  );
}

function say(text: string): void {
  process.stdout.write(`fuzz: ${text}\n`);
}

function wholeNumber(name: string, text: string | undefined, max: number): number {
  const value = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new Error(`--${name} must be a whole number up to ${max}`);
  return value;
}
