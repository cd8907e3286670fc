import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

/** A port nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** `venue`: further settings of the paper venue, as YAML in one line. */
async function configured(venue = ""): Promise<{ file: string; port: number; dir: string }> {
  const port = await freePort();
  const prices = "  initialPrices: [{ symbol: BTCUSDT, price: 61800 }]\n";
  const dir = temporary({ "c.yaml": SMALL.replace("9101", `${port}${venue === "" ? "" : `, ${venue}`}`) + prices });
  return { file: join(dir, "c.yaml"), port, dir };
}

/** Started, with its ready line. */
async function paper(file: string) {
  const child = spawn(process.execPath, [MAIN, "paper", "-c", file, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  return { child, line };
}

it("serves the configured venues and listings with a moving market, and stops cleanly on SIGTERM", async () => {
  const { file, port } = await configured();
  const { child, line } = await paper(file);
  expect(JSON.parse(line)).toEqual({
    ready: true,
    pid: child.pid,
    venues: [{ name: "a", url: `http://127.0.0.1:${port}` }],
  });
  const info = (await (await fetch(`http://127.0.0.1:${port}/fapi/v1/exchangeInfo`)).json()) as {
    symbols: { symbol: string }[];
  };
  expect(info.symbols.map((each) => each.symbol)).toEqual(["BTCUSDT"]);
  let bid = Number.NaN;
  for (let attempt = 0; attempt < 50 && !(bid > 0); attempt++) {
    const depth = (await (await fetch(`http://127.0.0.1:${port}/fapi/v1/depth?symbol=BTCUSDT&limit=5`)).json()) as {
      bids: string[][];
    };
    bid = Number(depth.bids[0]?.[0]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(bid / 61_800).toBeCloseTo(1, 1);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("serves the dialect, holdings, limits and faults that the configuration gives a venue", async () => {
  const { file, port, dir } = await configured(
    "dialect: binance-spot, rateLimits: documented, assets: [{ asset: BTC, amount: 2.5 }], faults: [{ kind: limited, on: other, status: 418 }]",
  );
  await paper(file);
  const base = `http://127.0.0.1:${port}`;
  expect((await fetch(`${base}/api/v3/ping`)).status).toBe(418);
  const info = (await (await fetch(`${base}/api/v3/exchangeInfo`)).json()) as { rateLimits: object[] };
  expect(info.rateLimits).toContainEqual({
    ...{ rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 6000 },
  });
  const state = (await (await fetch(`${base}/paper/state`)).json()) as { accounts: { assets: object }[] };
  expect(state.accounts[0]!.assets).toEqual({ BTC: "2.50000000", USDT: "10000000.00000000" });

  const bad = await configured("faults: [{ kind: lie }]");
  const refused = await outrigger(["paper", "-c", bad.file], {}, dir);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("what:")]);
});

it("ends with the file and line of a bad recording, and names a port in use", async () => {
  const { file, port, dir } = await configured();
  const recording = temporary({ "BTCUSDT.csv": "timestamp_ms,open,high,low,close,volume\n1,2,3,x,5,6\n" });
  const bad = await outrigger(["paper", "-c", file, "--market", join(recording, "BTCUSDT.csv"), "--no-loop"], {}, dir);
  expect(bad.code).toBe(1);
  expect(bad.err).toContain("BTCUSDT.csv:2:");

  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const second = await outrigger(["paper", "-c", file], {}, dir);
  expect(second.code).toBe(1);
  expect(second.err).toMatch(new RegExp(`in use|EADDRINUSE.*${port}`));
});
