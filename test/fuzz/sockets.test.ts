import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { socketCase } from "./socket-cases.ts";
import { fuzzSockets, replaySocketCase } from "./sockets.ts";

/** Fixed, so that a red run is red again. `npm run fuzz` takes a new seed each time, and `test:long` takes more. */
const SEED = 20_261;
const CASES = 2_000;

function failureFile(): string {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-fuzz-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "failure.jsonl");
}

it(`keeps its promises over ${CASES} hostile conversations`, async () => {
  const { outcomes, accepted, deadLetters } = await fuzzSockets({
    seed: SEED,
    count: CASES,
    failureFile: failureFile(),
  });
  // The mutations are worth something only if they get past every door.
  for (const seen of ["101", "202", "400", "401", "404", "405", "415", "422", "closed"]) {
    expect(Object.keys(outcomes)).toContain(seen);
  }
  expect(Object.keys(outcomes)).not.toContain("500");
  expect(accepted).toBeGreaterThan(CASES / 50);
  expect(deadLetters).toBeGreaterThan(CASES / 50);
});

it("notices a door that stands open, keeps the case, and shows it again", async () => {
  const file = failureFile();
  const fuzzed = fuzzSockets({ seed: SEED, count: CASES, failureFile: file, plantOpenDoor: true });
  await expect(fuzzed).rejects.toThrow("acted on what nobody signed");
  const kept = readFileSync(file, "utf8").trim().split("\n");
  expect(kept.length).toBeGreaterThan(0);
  // Against a receiver whose door is shut the same bytes do nothing.
  await expect(replaySocketCase(kept[0] as string, file)).resolves.toMatchObject({ cases: 1 });
});

it("makes the same case from the same seed and round", () => {
  for (const round of [1, 2, 3, 4, 5]) expect(socketCase(SEED, round)).toEqual(socketCase(SEED, round));
  expect(socketCase(SEED, 7)).not.toEqual(socketCase(SEED, 8));
});
