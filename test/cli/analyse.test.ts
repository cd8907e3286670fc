import { join } from "node:path";
import { expect, it } from "vitest";
import { madePair, writeCandles } from "../analyses/made-pair.ts";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);
const EXTRA = `
reversion:
  - { primary: "AAA/USDT:USDT", hedge: "BBB/USDT:USDT", notional: 1000, barMs: 3600000, betaRule: { method: auto, holdingHours: 72 } }
analyses:
  history:
    - { instrument: "AAA/USDT:USDT", file: y.csv }
    - { instrument: "BBB/USDT:USDT", file: x.csv }
`;

it("prints what it finds as of a day, and fails where a history ends too long ago", async () => {
  const listing = (symbol: string) =>
    `  - { symbol: "${symbol}/USDT:USDT", tickSize: "0.01", lotSize: "0.001", listings: [{ venue: VENUE, symbol: ${symbol}USDT }] }\n`;
  const venue = /venues:\s*\n\s*- \{? ?name: ([\w-]+)/.exec(SMALL)![1]!;
  const instruments = (listing("AAA") + listing("BBB")).replaceAll("VENUE", venue);
  const yaml = SMALL.replace(/instruments:\n/, `instruments:\n${instruments}`) + EXTRA;
  const dir = temporary({ "outrigger.yaml": yaml });
  const pair = madePair({
    beta: 0.8,
    halfLife: 6,
    step: 0.01,
    spread: 0.01,
    rows: 600,
    intervalMs: HOUR_MS,
    firstMs: FIRST_MS,
    seed: 2,
    y: 60_000,
    x: 6000,
  });
  writeCandles(join(dir, "y.csv"), pair.y, FIRST_MS, HOUR_MS);
  writeCandles(join(dir, "x.csv"), pair.x, FIRST_MS, HOUR_MS);

  const then = await outrigger(["analyse", "--at", "2024-01-20", "--json"], {}, dir);
  const results = JSON.parse(then.out);
  const found = (kind: string) => results.find((each: { task: { kind: string } }) => each.task.kind === kind);
  // 19 days of hours, of the 25 that the files hold.
  expect(found("beta")).toMatchObject({ ok: true, analyses: [{ basis: { rows: 19 * 24 } }] });
  expect(found("halfLife").analyses[0].bars).toBeGreaterThan(3);
  expect(found("halfLife").analyses[0].bars).toBeLessThan(12);

  const now = await outrigger(["analyse"], {}, dir);
  expect(now.code).toBe(1);
  expect(now.out).toMatch(/^beta AAA\/USDT:USDT \/ BBB\/USDT:USDT: HISTORY_OLD: .*y\.csv ends 2024-01-26T00:00/m);
});
