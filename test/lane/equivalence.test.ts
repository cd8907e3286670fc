/**
 * Determinism: whatever host made a journal, any host makes the same commands of it again, byte for byte. Nothing is left out
 * of the comparison but `cancel` and `query`, which no log keeps: they change no state and may be repeated.
 */
import { Piscina } from "piscina";
import { afterEach, describe, expect, test } from "vitest";
import { type Replay, replayJournal } from "../../src/lane/replay.ts";
import { readDecisionLog, upTo } from "../support/decision-log.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, kernels, LaneRig, SABOTEUR } from "../support/lane-rig.ts";
import { SaboteurControl } from "../support/sabotage.ts";

const SIGNALS = 150;

let rig: LaneRig;
afterEach(() => rig.close());

/** Two venues, a market that moves, faults on the way, corrections between signals: as much of the core as one session can. */
async function session(boot: Boot, from: number): Promise<void> {
  await eventually(() => boot.btc().state === "active");
  for (let n = 0; n < SIGNALS; n++) {
    if (n === 20) rig.market.inject(0, { kind: "partial", quantity: "0.010" });
    if (n === 40) rig.market.inject(0, { kind: "reject", code: -2019, msg: "Margin is insufficient." });
    if (n === 60) rig.market.inject(0, { kind: "dropAck", userEvent: true });
    if (n === 80) rig.market.inject(1, { kind: "killSockets", sockets: "all", when: "now" });
    if (n === 100) boot.host.control({ type: "state", state: "reducing", reason: "a test" });
    if (n === 105) boot.host.control({ type: "state", state: "active", reason: "a test" });
    const asset = n % 3 === 2 ? 1 : 0;
    const changes = n % 17 === 16 ? ({ kind: "open" } as const) : {};
    boot.host.submit(rig.signal((asset === 0 ? 0.05 : 1) + (n % 7) / 50, { instrument: asset, ...changes }));
    await new Promise((done) => setTimeout(done, 5));
  }
  boot.host.submit(rig.signal(0.1));
  await eventually(() => boot.verdicts.length === from + SIGNALS + 1 && boot.btc().pending === 0);
}

async function expectSameCommands(livesMin: number): Promise<void> {
  const recorded = readDecisionLog(rig.journal);
  const inline = replayJournal(null, rig.journal, kernels);
  const pool = new Piscina({
    filename: new URL("../support/lane-replay-worker.ts", import.meta.url).href,
    minThreads: 1,
    maxThreads: 1,
  });
  // By the configuration of the journal the one, by that of the engine the other: they are the same.
  const hosted: Replay = await pool.run({ core: rig.options.core, directory: rig.journal, kernels });
  await pool.destroy();
  expect(inline.differences).toEqual([]);
  expect(inline.gaps).toEqual([]);
  expect(inline).toMatchObject({
    lives: recorded.epochs.length,
    unrecorded: 0,
    commands: recorded.commands,
    sha256: recorded.sha256,
  });
  expect(hosted).toEqual(inline);
  expect(recorded.epochs.length).toBeGreaterThanOrEqual(livesMin);
  // A session that tests nothing would pass too.
  expect(recorded.intents.length).toBeGreaterThan(SIGNALS / 3);
  expect(recorded.alarms.length).toBeGreaterThan(3);
  expect(recorded.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual(upTo(rig.submitted));
}

const MARKET = { type: "synthetic", seed: 5, intervalMs: 10, volatilityDaily: 0.5 } as const;
const SAMPLE = {
  router: { resolve: { absenceGraceMs: 100, notFoundSpacingMs: 20 } },
  shield: { volatility: { sampleMs: 20 }, correction: { band: 0.0005, slippageBuffer: 0 } },
};

describe("one journal gives the same commands on both hosts", () => {
  test("made by a hosted lane, with a death and a restart in it", async () => {
    rig = await LaneRig.start({ market: MARKET, sample: SAMPLE });
    const control = new SaboteurControl();
    const first = await rig.boot("pool", SABOTEUR);
    await session(first, 0);
    await control.order("throw");
    await eventually(() => control.births >= 2 && first.btc().state === "active");
    await first.stop();
    control.close();
    await session(await rig.boot("pool"), 0);
    await rig.stopAll();
    await expectSameCommands(3);
  });

  test("made by an inline lane", async () => {
    rig = await LaneRig.start({ market: MARKET, sample: SAMPLE });
    const boot = await rig.boot("inline");
    await session(boot, 0);
    await boot.stop();
    await expectSameCommands(1);
  });
});
