/** What an explanation says of the portfolio hedge, against the numbers that the core decided by; and what a restart brings back. */
import { describe, expect, it } from "vitest";
import type { Line } from "../../src/journal/explain.ts";
import { explainPortfolio } from "../../src/journal/explain-portfolio.ts";
import { recordFields } from "../../src/journal/record-text.ts";
import { RECORD } from "../../src/journal/records.ts";
import { CoreRig } from "../support/core-rig.ts";
import { A, B, bookOptions, bookRig, INDEX, MID_TICKS, perpOf, quoteAll, TOGETHER } from "../support/portfolio-book.ts";

const OPTIONS = bookOptions([20, 10, 0, 0], { eigenvectorShareMax: 0.9 });
const told = (lines: readonly Line[], part: string, name: string) =>
  lines.find((line) => line.part === part && line.name === name)?.value;

/** Hedged once, and corrected once. */
function corrected(): CoreRig {
  const rig = bookRig(OPTIONS, {
    ...TOGETHER,
    basis: { sample: "a.csv and b.csv", method: "Ledoit-Wolf", rows: 4000, fromMs: 0, toMs: TOGETHER.untilMs },
  });
  rig.nowMs += 300;
  quoteAll(rig);
  for (const order of rig.placed()) rig.fill(order);
  rig.nowMs += 3000;
  quoteAll(rig, { [perpOf(A)]: MID_TICKS / 2 });
  const [order] = rig.placed();
  rig.status(order!, "filled", order!.qtyLots);
  return rig;
}

describe("the portfolio hedge", () => {
  it("is explained in the order in which its numbers were computed", () => {
    const rig = corrected();
    const stories = explainPortfolio(5, rig.core.config.directory, rig.journal.records);
    expect(stories).toHaveLength(2);
    const [first, second] = stories as [Line[], Line[]];
    expect([...new Set(first.map(({ part }) => part))]).toEqual(["correlation", "open", "cluster", "size", "order"]);
    expect(told(first, "correlation", "method")).toBe("Ledoit-Wolf");
    expect(told(first, "correlation", "returns")).toBe(4000);
    expect(told(first, "correlation", "AAA/USDT")).toBe("ρ 0.9, daily volatility 0.03");
    expect(told(first, "correlation", "INDEX/USDT:USDT")).toContain("the index, ρ 1");
    expect(told(first, "open", "AAA/USDT")).toBe("200000 × β 0.9 = 180000");
    expect(told(first, "open", "BBB/USDT")).toBe("100000 × β 0.9 = 90000");
    expect(told(first, "cluster", "whole book")).toBe("is one cluster");
    expect(told(first, "cluster", "AAA/USDT + BBB/USDT + CCC/USDT + DDD/USDT")).toBe(
      "net 270000, beyond 100000: 170000",
    );
    expect(told(first, "size", "because")).toBe("beyond the limit");
    expect(told(first, "size", "target lots")).toBe(-17_000);
    const orders = first.filter(({ part }) => part === "order");
    expect(orders.map(({ value }) => String(value).replace(/^\S+ /, ""))).toEqual([
      expect.stringMatching(/^sell 17000 lots of INDEX\/USDT:USDT at \w+, at least \d+ ticks, toward -17000 lots$/),
      "filled, 17000 lots at 99800 ticks",
    ]);
    expect(told(second, "open", "AAA/USDT")).toBe("100000 × β 0.9 = 90000");
    expect(told(second, "size", "held lots")).toBe(-17_000);
    expect(told(second, "size", "target lots")).toBe(-8000);
    expect(second.filter(({ part }) => part === "order")).toHaveLength(2);
  });

  it("names the correlation that was in use, not one that was refused after it", () => {
    const rig = corrected();
    rig.analysis({ ...TOGETHER, untilMs: TOGETHER.untilMs - 1 });
    rig.nowMs += 3000;
    quoteAll(rig, { [perpOf(A)]: MID_TICKS });
    rig.fill(rig.order());
    const stories = explainPortfolio(5, rig.core.config.directory, rig.journal.records);
    expect(stories.map((lines) => told(lines, "correlation", "method"))).toEqual(new Array(3).fill("Ledoit-Wolf"));
  });

  it("is explained for as many corrections as are asked for, the last", () => {
    const rig = corrected();
    const [only, ...more] = explainPortfolio(1, rig.core.config.directory, rig.journal.records);
    expect(more).toEqual([]);
    expect(told(only!, "size", "target lots")).toBe(-8000);
  });

  it("reads as words wherever records are shown", () => {
    const record = corrected().journal.records.find(({ type }) => type === RECORD.PORTFOLIO)!;
    expect(recordFields(record.type, record.payload)).toMatchObject({
      targetLots: -17_000,
      isWhole: true,
      open: [
        { instrument: A, notional: 200_000 },
        { instrument: B, notional: 100_000 },
      ],
    });
  });
});

describe("a restart", () => {
  it("goes on by the same matrix, the same book and the same target", () => {
    const before = corrected();
    before.nowMs += 1000;
    const rig = CoreRig.restarted(before, OPTIONS);
    const { portfolio } = rig.core;
    expect(portfolio!.correlation.estimate).toEqual(before.core.portfolio!.correlation.estimate);
    expect([portfolio!.isWhole, portfolio!.targetLots, rig.held(INDEX)]).toEqual([true, -8000, -8000]);
    rig.take();
    rig.nowMs += 300;
    quoteAll(rig, { [perpOf(A)]: MID_TICKS / 2 });
    expect(rig.placed()).toEqual([]);
  });

  it("waits for an order in doubt before it makes another, and numbers it behind", () => {
    const before = bookRig(OPTIONS, TOGETHER);
    before.nowMs += 300;
    quoteAll(before);
    const sent = before.order();
    const rig = CoreRig.restarted(before, OPTIONS);
    rig.take();
    rig.nowMs += 300;
    quoteAll(rig);
    expect(rig.placed()).toEqual([]);
    rig.status(sent, "expired", 7000);
    rig.nowMs += 300;
    quoteAll(rig);
    const next = rig.order();
    expect(next).toMatchObject({ instrument: INDEX, side: "sell", qtyLots: 10_000 });
    expect(next.cause).not.toBe(sent.cause);
    expect(next.clientOrderId).not.toBe(sent.clientOrderId);
  });
});
