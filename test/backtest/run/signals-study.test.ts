/** The signals study: made-up signals are worth what they say, deliveries keep their order, and one run of it all. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { deliveredSignals } from "../../../src/backtest/run/hook-delivery.ts";
import type { RunSignal } from "../../../src/backtest/run/run-parts.ts";
import { checkRunTerms, RUN_TERMS } from "../../../src/backtest/run/run-terms.ts";
import { readSignals } from "../../../src/backtest/run/signal-feed.ts";
import { SIGNAL_SCENARIOS, scenarioTerms } from "../../../src/backtest/run/signals-study.ts";
import { SYNTHETIC_BARS, syntheticBars } from "../../../src/backtest/run/synthetic-bars.ts";
import { syntheticPair } from "../../../src/backtest/run/synthetic-pair.ts";
import { hookLines, SYNTHETIC_SIGNALS, syntheticSignals } from "../../../src/backtest/run/synthetic-signals.ts";
import { registerSignals } from "../../../src/cli/backtest-signals.ts";
import { checkFile } from "../../../src/market-data/check.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { temporary } from "../../cli/support.ts";

const STEP_MS = SYNTHETIC_BARS.intervalMs;

describe("made-up signals", () => {
  const dir = mkdtempSync(join(tmpdir(), "outrigger-made-up-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "bars.csv");
  const lines = [...syntheticBars({ ...SYNTHETIC_BARS, seed: 4, count: 250 * 288 })];
  writeFileSync(path, lines.join("\n"));
  const closes = new Map(lines.slice(1).map((line) => [Number(line.split(",")[0]), Number(line.split(",")[4])]));
  const options = { path, intervalMs: STEP_MS, asset: "A/B", seed: 1 };
  const hooks = syntheticSignals(options);
  const { horizonMs, boastWorth } = SYNTHETIC_SIGNALS;

  /** Share of openings that came true, what they stated, and how many there were. */
  const worthOf = (model: string, version: string) => {
    const opens = hooks.filter(
      ({ body }) => body["kind"] === "open" && body["model"] === model && body["model_version"] === version,
    );
    let [hits, stated] = [0, 0];
    for (const { body } of opens) {
      const from = closes.get(Number(body["generated_at"]) - STEP_MS)!;
      const to = closes.get(Number(body["generated_at"]) - STEP_MS + horizonMs)!;
      if (to > from === (body["direction"] === "long")) hits++;
      stated += Number(body["confidence"]);
    }
    return { count: opens.length, share: hits / opens.length, stated: stated / opens.length };
  };

  test.each([
    ["honest", "1", (stated: number) => stated],
    ["boastful", "1", (stated: number) => 0.5 + (stated - 0.5) * boastWorth],
    ["improving", "1", (stated: number) => 0.5 + (stated - 0.5) * boastWorth],
    ["improving", "2", (stated: number) => stated],
    ["coin", "1", () => 0.5],
  ])("of %s@%s come true as often as its rule says", (model, version, worth) => {
    const { count, share, stated } = worthOf(model, version);
    expect(count).toBeGreaterThan(200);
    // Four deviations of a coin's count: the seed is fixed, so this holds or does not.
    expect(Math.abs(share - worth(stated))).toBeLessThan(2 / Math.sqrt(count));
  });

  test("are the same for a seed, received after they were generated, and read back as they were written", () => {
    expect(syntheticSignals(options)).toEqual(hooks);
    expect(syntheticSignals({ ...options, seed: 2 })).not.toEqual(hooks);
    const file = join(temporary(), "hooks.jsonl");
    writeFileSync(file, hookLines(hooks));
    const read = [...readSignals(file, "desk-a")];
    expect(read.map(({ atMs }) => atMs)).toEqual(hooks.map(({ received_at }) => received_at));
    expect(JSON.parse(Buffer.from(read[7]!.body).toString())).toEqual(hooks[7]!.body);
    for (const { received_at: receivedMs, body } of hooks) {
      const generatedMs = Number(body["generated_at"]);
      expect(receivedMs - generatedMs).toBeGreaterThanOrEqual(50);
      expect(receivedMs - generatedMs).toBeLessThan(451);
    }
    const ids = hooks.map(({ source, body }) => `${source}|${body["signal_id"]}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("made-up pairs are bars that move together", () => {
  const rows = [...syntheticPair({ seed: 2, count: 4000 })];
  const legs = [0, 1].map((leg) => {
    const path = join(temporary(), "leg.csv");
    writeFileSync(path, rows.map((row) => row[leg as 0 | 1]).join("\n"));
    expect(checkFile(path)).toMatchObject({ rows: 4000, missing_bars: 0, usable: true });
    return rows.slice(1).map((row) => Math.log(Number(row[leg as 0 | 1].split(",")[4])));
  });
  const [y, x] = legs.map((leg) => leg.slice(1).map((value, at) => value - leg[at]!)) as [number[], number[]];
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  const correlation = dot(y, x) / Math.sqrt(dot(y, y) * dot(x, x));
  expect(correlation).toBeGreaterThan(0.7);
  expect(correlation).toBeLessThan(0.99);
});

describe("webhooks on their way", () => {
  const sentAt = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }).map((gaps) => {
    let atMs = 1_000_000;
    return gaps.map((gap, at): RunSignal => {
      atMs += gap;
      return { atMs, source: String(at), body: Buffer.from(""), isObject: true };
    });
  });
  const terms = fc
    .record({
      min: fc.integer({ min: 0, max: 3000 }),
      more: fc.integer({ min: 0, max: 20_000 }),
      drop: fc.constantFrom(0, 0.3),
      gaps: fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 20_000 })), {
        maxLength: 4,
      }),
    })
    .map(({ min, more, drop, gaps }) => {
      let fromMs = 1_000_000;
      const outages = gaps.map(([gap, forMs]) => {
        fromMs += gap;
        return { fromMs, forMs };
      });
      return { delayMs: { min, max: min + more }, drop, outages };
    });
  const isAway = (atMs: number, outages: readonly { fromMs: number; forMs: number }[]) =>
    outages.some(({ fromMs, forMs }) => atMs >= fromMs && atMs < fromMs + forMs);

  test("arrive in order, none early, none while the receiver is away, and do not depend on what is sent later", () => {
    fc.assert(
      fc.property(sentAt, terms, fc.nat(), fc.nat(), (sent, hooks, seed, cut) => {
        checkRunTerms({ ...RUN_TERMS, hooks });
        const arrived = (signals: readonly RunSignal[]) => [
          ...deliveredSignals(signals.values(), hooks, createPrng(seed)),
        ];
        const all = arrived(sent);
        if (hooks.drop === 0) expect(all).toHaveLength(sent.length);
        for (const [at, { atMs, source }] of all.entries()) {
          expect(atMs).toBeGreaterThanOrEqual(at === 0 ? 0 : all[at - 1]!.atMs);
          const lateMs = atMs - sent[Number(source)]!.atMs;
          expect(lateMs).toBeGreaterThanOrEqual(hooks.delayMs.min);
          if (hooks.outages.length === 0) expect(lateMs).toBeLessThanOrEqual(hooks.delayMs.max);
          expect(isAway(atMs, hooks.outages)).toBe(false);
        }
        const count = sent.length === 0 ? 0 : cut % sent.length;
        const of = (signals: readonly RunSignal[]) => new Map(signals.map(({ source, atMs }) => [source, atMs]));
        const whole = of(all);
        for (const [source, atMs] of of(arrived(sent.slice(0, count)))) expect(whole.get(source)).toBe(atMs);
      }),
      { numRuns: 200 },
    );
  });
});

test("every scenario's terms are ones that a run takes", () => {
  const days = { startMs: SYNTHETIC_BARS.startMs, days: 180 };
  for (const scenario of SIGNAL_SCENARIOS) checkRunTerms(scenarioTerms(scenario, days, {}));
  const [away] = SIGNAL_SCENARIOS.filter(({ name }) => name === "venue away");
  expect(scenarioTerms(away!, days, {}).outages).toHaveLength(180);
});

test("the study runs whole: what is late is refused, and too little is called that", async () => {
  const dir = temporary();
  const out: string[] = [];
  let code = -1;
  const note = (text: string) => void out.push(text);
  const program = new Command().exitOverride();
  registerSignals(program, { env: {}, cwd: dir, out: note, err: note, setExitCode: (given) => (code = given) });
  const names = ["as built", "late webhooks"];
  const files = ["--json", "o.json", "--csv", "o.csv", "--report", "o.html", "--hooks", "hooks.jsonl"];
  await program.parseAsync(["signals", "--days", "15", "--scenario", ...names, ...files], { from: "user" });
  expect(code, out.join("\n")).toBe(0);
  const { rows, models, limits } = JSON.parse(readFileSync(join(dir, "o.json"), "utf8"));
  const [built, late] = rows;
  expect(rows.map(({ scenario }: { scenario: string }) => scenario)).toEqual(names);
  // Two weeks of webhooks and more, all of them taken where nothing goes wrong.
  expect(built.days).toBeGreaterThan(14);
  const sent = readFileSync(join(dir, "hooks.jsonl"), "utf8").trimEnd().split("\n").length;
  expect(built.signals).toBe(sent);
  expect(built).toMatchObject({ refused_stale: 0, missing: expect.stringMatching(/of 200 trades/) });
  expect(built.trades).toBeGreaterThan(30);
  expect(late.refused_stale).toBeGreaterThan(sent / 5);
  expect(models.every(({ outcomes, scored }: Record<string, number>) => outcomes! <= scored!)).toBe(true);
  expect(limits.join(" ")).toMatch(/made up/);
  expect(readFileSync(join(dir, "o.html"), "utf8")).toMatch(/<svg[\s\S]*shadow, without the hedge/);
  expect(readFileSync(join(dir, "o.csv"), "utf8").trimEnd().split("\n")).toHaveLength(1 + names.length);
});
