import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { formatAnswer } from "../../src/cli/positions.ts";
import { controlPort } from "./control-port.ts";
import { outrigger } from "./support.ts";

const ANSWER = {
  asOf: "2026-01-01T00:00:00Z",
  positions: [
    { venue: "a", instrument: "BTC/USDT:USDT", qty: "-0.412", qtyLots: -412 },
    { venue: "paper-b", instrument: "BTC/USDT:USDT", qty: "0.000", qtyLots: 0 },
  ],
  instruments: [],
};

const engine = () => controlPort((told) => (told === "GET /positions" ? ANSWER : null));

it("asks the engine with its token and prints what it holds", async () => {
  const { dir } = await engine();
  const json = await outrigger(["positions", "--json"], {}, dir);
  expect(JSON.parse(json.out)).toEqual(ANSWER);
  const text = await outrigger(["positions"], {}, dir);
  expect(text.code).toBe(0);
  expect(text.out).toBe(`${formatAnswer(ANSWER)}\n`);
});

it("prints an aligned table with numbers to the right", () => {
  expect(formatAnswer(ANSWER).split("\n")).toEqual([
    "asOf: 2026-01-01T00:00:00Z",
    "",
    "positions",
    "venue    instrument        qty  qtyLots",
    "a        BTC/USDT:USDT  -0.412     -412",
    "paper-b  BTC/USDT:USDT   0.000        0",
    "",
    "instruments: none",
  ]);
});

it("leaves out what a float has behind its ninth digit, and nothing of a whole number", () => {
  expect(formatAnswer([{ delta: 17_400.993300000002, lots: -12_345_678_901 }])).toContain("17400.9933  -12345678901");
});

it("tells an engine that is not there (3) from one that does not know us (4)", async () => {
  const { dir, tokenFile } = await engine();
  rmSync(tokenFile);
  expect(await outrigger(["positions"], {}, dir)).toMatchObject({
    code: 3,
    err: expect.stringContaining("control.token"),
  });
  writeFileSync(tokenFile, "another");
  const stranger = await outrigger(["positions"], {}, dir);
  expect(stranger).toMatchObject({ code: 4, err: expect.stringContaining("does not know the token") });
  expect(stranger.err).not.toContain("another\n");
});
