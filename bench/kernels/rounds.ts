/** Rounds of a case: every side in every round, in an order that turns, so that no side always follows the same one. */
import v8 from "node:v8";
import { runInNewContext } from "node:vm";
import type { Case } from "./data.ts";
import type { Rival } from "./rival.ts";

export interface Measured {
  readonly side: string;
  /** Nanoseconds per unit of work, one per round. */
  readonly nsPerUnit: readonly number[];
  /** What its last run returned, and what it should have. */
  readonly result: number;
  readonly expected: number;
}

/** The first side again, under this name. */
export const CONTROL = "control";

/** Turns last about `turnMs` each, and at least one run. The measured sides are those of the case, the control, and the rivals. */
export async function measure(
  each: Case,
  rivals: readonly Rival[],
  rounds: number,
  turnMs: number,
): Promise<readonly Measured[]> {
  const [first] = each.sides;
  const expected = first.run();
  const players: Player[] = [...each.sides, { ...first, name: CONTROL }].map((side) => ({
    name: side.name,
    expected: side.expected ?? expected,
    turn: async (runs: number) => {
      let result = Number.NaN;
      // What another side left behind is not this one's to sweep up.
      collectGarbage();
      const start = process.hrtime.bigint();
      for (let run = 0; run < runs; run++) result = side.run();
      return { ns: Number(process.hrtime.bigint() - start), result };
    },
  }));
  for (const rival of rivals) {
    players.push({ name: rival.name, expected, turn: (runs) => rival.run(each.name, runs) });
  }
  const runs: number[] = [];
  for (const player of players) runs.push(await calibrate(player, turnMs));

  const nsPerUnit: number[][] = players.map(() => []);
  const results: number[] = players.map(() => Number.NaN);
  for (let round = 0; round < rounds; round++) {
    const order = players.map((_, index) => (index + round) % players.length);
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      const { ns, result } = await players[index]!.turn(runs[index]!);
      nsPerUnit[index]!.push(ns / runs[index]! / each.units);
      results[index] = result;
    }
  }
  return players.map(({ name, expected }, index) => ({
    side: name,
    nsPerUnit: nsPerUnit[index]!,
    result: results[index]!,
    expected,
  }));
}

v8.setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("() => gc({ type: 'minor' })");

interface Player {
  readonly name: string;
  readonly expected: number;
  turn(runs: number): Promise<{ readonly ns: number; readonly result: number }>;
}

/** Runs per turn; on the way there the code gets warm: about 20 turns' worth, which is past every tier of V8's compilers. */
async function calibrate(player: Player, turnMs: number): Promise<number> {
  const wantedNs = turnMs * 1e6;
  let runs = 1;
  for (let spentNs = 0; spentNs < 20 * wantedNs; ) {
    const { ns } = await player.turn(runs);
    spentNs += ns;
    runs = Math.max(1, Math.min(runs * 4, Math.round((runs * wantedNs) / Math.max(ns, 1))));
  }
  return runs;
}

const AGREEMENT = 1e-6;

/** One sentence per side whose result is not what it should be. */
export function disagreements(measured: readonly Measured[]): string[] {
  return measured
    .filter(({ result, expected }) => !(Math.abs(result - expected) <= AGREEMENT * Math.max(1, Math.abs(expected))))
    .map(({ side, result, expected }) => `${side} gives ${result}, expected ${expected}`);
}
