/**
 * The same journal through live-paper and backtest: a real engine over real paper venues writes it, `backtest run --journal`
 * decides it again, and the report's money is held against what the venues say.
 */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EPISODE_COLUMNS } from "../../../src/backtest/run/episode.ts";
import { JournalFeed, journalSignals } from "../../../src/backtest/run/journal-feed.ts";
import { runBacktest } from "../../../src/backtest/run/run.ts";
import { RUN_TERMS } from "../../../src/backtest/run/run-terms.ts";
import { backtestJournal, reportJournal } from "../../../src/cli/journal-report.ts";
import type { Shell } from "../../../src/cli/shell.ts";
import type { Config } from "../../../src/config/schema.ts";
import { orderTagger } from "../../../src/lane/order-tag.ts";
import { createSchemaAdapter } from "../../../src/wire/adapters/schema.ts";
import { coreConfig, directoryOf, sourceRules } from "../../../src/wiring/wiring.ts";
import { temporary } from "../../cli/support.ts";
import { kernels as coreKernels } from "../../support/core-config.ts";
import { readDecisionLog } from "../../support/decision-log.ts";
import { hedgeOf, runEngine } from "../../support/engine-rig.ts";
import { eventually } from "../../support/eventually.ts";
import { LaneRig } from "../../support/lane-rig.ts";
import { sampleConfig } from "../../support/sample-config.ts";

const SHIELD = { volatility: { sampleMs: 20 }, correction: { band: 0.0005, slippageBuffer: 0 } };
const SIGNALS = 30;
let rig: LaneRig;
let config: Config;

beforeAll(async () => {
  const market = { type: "synthetic", seed: 5, intervalMs: 10, volatilityDaily: 0.5 } as const;
  rig = await LaneRig.start({ market, sample: { shield: SHIELD } });
  config = sampleConfig({ directory: rig.directory, venues: rig.market.venues, shield: SHIELD }).config;
  // Two lives of the engine in one journal.
  for (let life = 0; life < 2; life++) {
    const engine = await runEngine(rig, { shield: SHIELD });
    const active = () => engine.status.positions().state === "active";
    await eventually(active, () => engine.log.join("\n"));
    for (let n = 0; n < SIGNALS / 2; n++) {
      if (n === 5) rig.market.inject(0, { kind: "partial", quantity: "0.010" });
      const changes = n % 5 === 4 ? { kind: "close", direction: "flat", quantity: undefined } : {};
      const { status } = await engine.send(hedgeOf(`life${life}-${n}`, 0.05 + (n % 7) / 50, changes));
      expect(status).toBe(202);
      await new Promise((done) => setTimeout(done, 20));
    }
    const decided = () => Object.values(engine.status.snapshot().verdicts).reduce((sum, count) => sum + count, 0);
    await eventually(() => decided() === SIGNALS / 2);
    const pending = () =>
      engine.status.positions().hedges.some((each) => each.pendingBuyLots + each.pendingSellLots > 0);
    await eventually(() => !pending());
    await engine.stop();
  }
});

afterAll(() => rig?.close());

interface Said {
  readonly code: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document
  readonly document: any;
  /** Lines of the trade list, as cells. */
  readonly trades: readonly (readonly string[])[];
}

function told(run: typeof backtestJournal, journal: string): Said {
  const dir = temporary();
  const out: string[] = [];
  const shell: Shell = {
    env: {},
    cwd: dir,
    out: (text) => out.push(text),
    err: (text) => out.push(text),
    setExitCode() {},
  };
  const options = { json: "o.json", trades: "t.csv", equity: "e.csv", report: "r.html" };
  const code = run({ config, directory: journal, options, sampleMs: 1000, capital: null }, shell);
  expect(readdirSync(dir).sort()).toEqual(["e.csv", "o.json", "r.html", "t.csv"]);
  const document = JSON.parse(readFileSync(join(dir, "o.json"), "utf8"));
  const trades = readFileSync(join(dir, "t.csv"), "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  return { code, text: out.join("\n"), document, trades };
}

describe("a live journal", () => {
  test("gives the same decisions in the backtest, byte for byte", () => {
    const recorded = readDecisionLog(rig.journal);
    const { code, text, document } = told(backtestJournal, rig.journal);
    expect(document.replay).toMatchObject({
      lives: 2,
      commands: recorded.commands,
      sha256: recorded.sha256,
      differences: [],
      unrecorded: 0,
      gaps: [],
    });
    expect(text).toContain("the same, byte for byte");
    expect(code).toBe(7);
    expect(recorded.intents.length).toBeGreaterThan(SIGNALS / 3);
  });

  test("shows a decision that was not made", () => {
    const copy = join(temporary(), "journal");
    cpSync(rig.journal, copy, { recursive: true });
    const other = { ...config, shield: config.shield.map((each) => ({ ...each, riskTolerance: 0.1 })) };
    const dir = temporary();
    const out: string[] = [];
    const shell: Shell = { env: {}, cwd: dir, out: (text) => out.push(text), err: () => {}, setExitCode() {} };
    expect(backtestJournal({ config: other, directory: copy, options: {}, sampleMs: 1000, capital: null }, shell)).toBe(
      1,
    );
    expect(out.join("\n")).toMatch(/DIFFER/);
  });

  test("is reported with the venues' own money", () => {
    const { document, trades } = told(reportJournal, rig.journal);
    const { result } = document;
    expect(result.trades).toBe(SIGNALS);
    // Each decision at the price of its moment.
    const prices = trades.map((cells) => Number(cells[EPISODE_COLUMNS.indexOf("price")]));
    expect(new Set(prices).size).toBeGreaterThan(5);
    expect(prices.every((price) => price > 55_000 && price < 70_000)).toBe(true);
    expect(result.signal_outcomes).toEqual(expect.objectContaining({ hedged: expect.any(Number) }));
    const orders = [0, 1].flatMap((venue) => [...rig.market.orders(venue).values()]);
    const filled = orders.filter(({ cumQtyLots }) => cumQtyLots > 0);
    const total = (field: string) =>
      result.by_venue.reduce((sum: number, each: Record<string, number>) => sum + each[field]!, 0);
    expect(total("orders")).toBe(orders.length);
    const notional = total("filled_notional");
    const lots = filled.reduce((sum, { cumQtyLots }) => sum + cumQtyLots, 0);
    expect(notional / (lots * 0.001)).toBeGreaterThan(55_000);
    expect(notional / (lots * 0.001)).toBeLessThan(70_000);
    expect(total("fees")).toBeCloseTo(notional * 0.0005, 6);
    expect(result.by_model_version).toMatchObject([{ group: "test@1", trades: SIGNALS }]);
    expect(result.by_source).toMatchObject([{ group: "sample" }]);
    expect(result.by_signal_kind.map(({ group }: { group: string }) => group)).toEqual(["close", "hedge"]);
  });

  test("can be run again over simulated venues: its quotes, its webhooks, the same decisions on them", () => {
    const { sources, listings } = directoryOf(config);
    const feed = new JournalFeed(rig.journal, directoryOf(config));
    let last = 0;
    const seen = new Set<number>();
    for (let quote = feed.next(); quote !== null; quote = feed.next()) {
      expect(quote.atMs).toBeGreaterThanOrEqual(last);
      expect(quote.askTicks).toBeGreaterThan(quote.bidTicks);
      last = quote.atMs;
      seen.add(quote.listing);
    }
    feed.close();
    expect(seen.size).toBe(listings.length);
    const signals = [...journalSignals(rig.journal, sources)];
    expect(signals).toHaveLength(SIGNALS);
    expect(JSON.parse(Buffer.from(signals[3]!.body).toString())).toMatchObject({ signal_id: "life0-3", model: "test" });
    expect(signals.every(({ source }) => source === "sample")).toBe(true);
    const directory = directoryOf(config);
    const schema = createSchemaAdapter();
    const steps = runBacktest({
      core: coreConfig(config, directory),
      coreParts: { kernels: coreKernels, tagOf: orderTagger("again"), epoch: 1 },
      sources: config.sources.map((source, index) => ({
        ...sourceRules(source, index),
        decode: ({ body }) => schema(body, "application/json"),
      })),
      dedupeIdsMax: 1000,
      market: () => new JournalFeed(rig.journal, directory),
      priced: new Set(listings.map(({ instrument }) => instrument)),
      analyses: null,
      signals: signals.values(),
      terms: { ...RUN_TERMS, latencyMs: { min: 1, max: 2 }, sampleMs: 1000 },
    });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    const { counts, result } = step.value;
    expect(counts.admission).toEqual({ ACCEPTED: SIGNALS });
    expect(result.trades).toBe(SIGNALS);
    expect(counts.orders).toBeGreaterThan(SIGNALS / 3);
  });

  test("keeps every profit in its parts: equity is the sum of the trades", () => {
    const { result } = told(reportJournal, rig.journal).document;
    const [close, hedge] = result.by_signal_kind;
    const cost = close.hedge_cost + hedge.hedge_cost;
    const gross = close.pnl_hedge_gross + hedge.pnl_hedge_gross;
    const { final_equity_hedged: hedged, final_equity_unhedged: unhedged } = result.metrics;
    expect(hedged - unhedged).toBeCloseTo(gross - cost, 6);
  });
});
