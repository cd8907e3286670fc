/**
 * The same journal through live-paper and backtest: a real engine over real paper venues writes it, `backtest run --journal`
 * decides it again, and the report's money is held against what the venues say.
 */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backtestJournal, reportJournal } from "../../../src/cli/journal-report.ts";
import type { Shell } from "../../../src/cli/shell.ts";
import type { Config } from "../../../src/config/schema.ts";
import { temporary } from "../../cli/support.ts";
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
    const pending = () =>
      engine.status.positions().hedges.some((each) => each.pendingBuyLots + each.pendingSellLots > 0);
    await eventually(() => !pending());
    await engine.stop();
  }
}, 60_000);

afterAll(() => rig?.close());

interface Said {
  readonly code: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document
  readonly document: any;
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
  const code = run(
    config,
    journal,
    { json: "o.json", trades: "t.csv", equity: "e.csv", report: "r.html" },
    1000,
    null,
    shell,
  );
  expect(readdirSync(dir).sort()).toEqual(["e.csv", "o.json", "r.html", "t.csv"]);
  return { code, text: out.join("\n"), document: JSON.parse(readFileSync(join(dir, "o.json"), "utf8")) };
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
    expect(backtestJournal(other, copy, {}, 1000, null, shell)).toBe(1);
    expect(out.join("\n")).toMatch(/DIFFER/);
  });

  test("is reported with the venues' own money", () => {
    const { result } = told(reportJournal, rig.journal).document;
    expect(result.trades).toBe(SIGNALS);
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

  test("keeps every profit in its parts: equity is the sum of the trades", () => {
    const { result } = told(reportJournal, rig.journal).document;
    const [close, hedge] = result.by_signal_kind;
    const cost = close.hedge_cost + hedge.hedge_cost;
    const gross = close.pnl_hedge_gross + hedge.pnl_hedge_gross;
    const { final_equity_hedged: hedged, final_equity_unhedged: unhedged } = result.metrics;
    expect(hedged - unhedged).toBeCloseTo(gross - cost, 6);
  });
});
