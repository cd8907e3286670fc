import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openConfig } from "../../src/config/load.ts";
import { BREAKERS, Breakers } from "../../src/core/breakers.ts";
import type { CoreConfig } from "../../src/core/config.ts";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { type Drill, drillBreakers } from "../../src/preflight/drill.ts";
import { compileKernels } from "../../src/wasm/kernels.ts";
import { coreConfig as coreConfigOf, directoryOf } from "../../src/wiring/wiring.ts";
import { coreConfig } from "../support/core-config.ts";

const kernels = compileKernels();
const START_MS = 1_790_000_000_000;
const SAMPLE = new URL("../../config/outrigger.example.yaml", import.meta.url).pathname;

function drill(core: CoreConfig): Drill {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-drill-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return drillBreakers(core, join(directory, "drill"), kernels, START_MS);
}

const outcomes = ({ drilled }: Drill) => drilled.map(({ breaker, outcome, opening }) => [breaker, outcome, opening]);

describe("the breaker drill", () => {
  it("trips every breaker of positions that signals open, and none lets anything open", () => {
    const result = drill(coreConfig({ shields: [], signals: [{}], breakers: { clockOffsetMsMax: 1000 } }));
    expect(outcomes(result)).toEqual([
      ["providerSilent", "passed", "BREAKER_OPEN"],
      ["modelChanged", "passed", "BREAKER_OPEN"],
      ["venueDown", "passed", "hedged"],
      ["dailyLoss", "passed", "BREAKER_OPEN"],
      ["drawdown", "passed", "BREAKER_OPEN"],
      ["orderRate", "passed", "BREAKER_OPEN"],
      ["rejects", "passed", "BREAKER_OPEN"],
      ["clock", "passed", "BREAKER_OPEN"],
      ["journal", "passed", "BREAKER_OPEN"],
      ["repeatedFills", "passed", "BREAKER_OPEN"],
      ["dailyCost", "passed", "BREAKER_OPEN"],
      ["overHedge", "passed", "hedged"],
      ["killSwitch", "passed", null],
    ]);
    expect(result.drilled.find(({ breaker }) => breaker === "clock")).toMatchObject({ value: 1001, limit: 1000 });
    expect(result.drilled.find(({ breaker }) => breaker === "venueDown")).toMatchObject({
      value: 30_000,
      limit: 30_000,
    });
    expect(result).toMatchObject({ passed: true, survivesRestart: true, replay: { differences: 0 } });
    expect(result.replay.commands).toBeGreaterThan(100);
  });

  it("of the sample never blocks a hedge on a source's account, and says what it cannot drill", () => {
    const { config } = openConfig(SAMPLE);
    const result = drill(coreConfigOf(config, directoryOf(config)));
    expect(outcomes(result)).toEqual([
      ["providerSilent", "passed", "hedged"],
      ["modelChanged", "passed", "hedged"],
      ["venueDown", "notApplicable", null],
      ...["dailyLoss", "drawdown", "orderRate", "rejects", "clock", "journal", "repeatedFills", "dailyCost"].map(
        (each) => [each, "passed", "STATE_NOT_ACTIVE"],
      ),
      ["overHedge", "passed", "hedged"],
      ["killSwitch", "passed", null],
    ]);
    expect(result.passed).toBe(true);
  });

  it("closes what one loss tripped beside the one that is drilled", () => {
    // A thousandth of a holding of 1 BTC at 100,000 is over both.
    const result = drill(coreConfig({ breakers: { dailyLossMax: 50, drawdownMax: 50 } }));
    expect(result.drilled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(result.passed).toBe(true);
  });

  it("leaves a journal with an entry for each, opened and closed", () => {
    const result = drill(coreConfig({ shields: [], signals: [{}] }));
    let found = 0;
    for (const { type } of readLog(join(result.directory, "decisions"))) if (type === RECORD.BREAKER) found++;
    // One more for the restart, which stays open.
    expect(found).toBe(2 * BREAKERS.length + 1);
  });

  it("fails where an opening is let through, or an order is too large for the limits", () => {
    const { blocking } = Breakers.prototype;
    Breakers.prototype.blocking = () => null;
    onTestFinished(() => {
      Breakers.prototype.blocking = blocking;
    });
    const open = drill(coreConfig({ shields: [], signals: [{}] }));
    expect(open.drilled[0]).toMatchObject({ outcome: "failed", why: "something was opened while it was open" });
    expect(open.passed).toBe(false);
    Breakers.prototype.blocking = blocking;
    const { restore } = Breakers.prototype;
    Breakers.prototype.restore = () => {};
    onTestFinished(() => {
      Breakers.prototype.restore = restore;
    });
    expect(drill(coreConfig())).toMatchObject({ passed: false, survivesRestart: false, replay: { differences: 0 } });
    Breakers.prototype.restore = restore;
    const small = drill(coreConfig({ shields: [], signals: [{}], orderNotionalMax: 1 }));
    expect(small.passed).toBe(false);
    expect(small.drilled[0]?.why).toMatch(/nothing opens after it: ORDER_NOTIONAL_OVER_LIMIT/);
  });
});
