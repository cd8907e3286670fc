import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { formatAnswer } from "../../src/cli/positions.ts";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

const ANSWER = {
  asOf: "2026-01-01T00:00:00Z",
  positions: [
    { venue: "a", instrument: "BTC/USDT:USDT", qty: "-0.412", qtyLots: -412 },
    { venue: "paper-b", instrument: "BTC/USDT:USDT", qty: "0.000", qtyLots: 0 },
  ],
  instruments: [],
};

async function engine(token: string) {
  const server = createServer((request, response) => {
    const known = request.headers.authorization === `Bearer ${token}` && request.url === "/positions";
    response.writeHead(known ? 200 : 401).end(known ? JSON.stringify(ANSWER) : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const dir = temporary({ "outrigger.yaml": `control: { port: ${(server.address() as AddressInfo).port} }\n${SMALL}` });
  const data = join(dir, ".outrigger/outrigger");
  mkdirSync(data, { recursive: true });
  return { dir, tokenFile: join(data, "control.token") };
}

it("asks the engine with its token and prints what it holds", async () => {
  const { dir, tokenFile } = await engine("t0ken");
  writeFileSync(tokenFile, "t0ken\n");
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

it("tells an engine that is not there (3) from one that does not know us (4)", async () => {
  const { dir, tokenFile } = await engine("t0ken");
  expect(await outrigger(["positions"], {}, dir)).toMatchObject({
    code: 3,
    err: expect.stringContaining("control.token"),
  });
  writeFileSync(tokenFile, "another");
  const stranger = await outrigger(["positions"], {}, dir);
  expect(stranger).toMatchObject({ code: 4, err: expect.stringContaining("does not know the token") });
  expect(stranger.err).not.toContain("another\n");
});
