/** A configuration that names OKX, taken the whole way: the paper venue it serves, and the client it makes for the lane. */
import { createServer } from "node:net";
import { afterEach, expect, it } from "vitest";
import { paperOptions } from "../../src/cli/paper-options.ts";
import { parseConfig } from "../../src/config/load.ts";
import { readSecrets } from "../../src/config/secrets.ts";
import { lots, ticks } from "../../src/domain/units.ts";
import { createVenue } from "../../src/lane/venues.ts";
import { type PaperServer, startPaper } from "../../src/paper/server.ts";
import { SystemClock } from "../../src/time/clock.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { eventually, Recorder } from "../venues/support/recorder.ts";

const text = (port: number) => `
sources:
  - name: desk
    adapter: schema
    auth: { type: standard-webhooks, secretsEnv: [DESK_SECRET] }
venues:
  - { name: okx, type: okx-swap, environment: paper, heartbeatMs: 100, staleAfterMs: 2000 }
instruments:
  - { symbol: BTC/USDT, tickSize: "0.01", lotSize: "0.00001" }
  - symbol: BTC/USDT:USDT
    tickSize: "0.1"
    lotSize: "0.001"
    listings:
      - { venue: okx, symbol: BTC-USDT-SWAP }
shield:
  - { asset: BTC/USDT, holdings: "1", hedge: "BTC/USDT:USDT", onUnknown: wait }
paper:
  venues: [{ name: okx, port: ${port}, contractSizes: [{ symbol: BTC-USDT-SWAP, size: "0.01" }] }]
`;

let server: PaperServer | null = null;
let venue: Venue | null = null;

afterEach(async () => {
  await venue?.close();
  await server?.close();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

it("an order of 0.137 BTC arrives as 13.7 contracts, with the well-known key and its passphrase", async () => {
  const { config, document } = parseConfig("/etc/outrigger/okx.yaml", text(await freePort()));
  const secrets = readSecrets(config, { DESK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}` }, document);
  const options = paperOptions(config, secrets, {});
  server = await startPaper({ ...options, market: { type: "none" }, depthLevels: 0 });
  const { exchange } = server.venues[0]!;
  const listing = exchange.listings.get("BTC-USDT-SWAP")!;
  exchange.quote(listing, { bidTicks: 600_000, bidLots: 1000, askTicks: 600_001, askLots: 1000 });
  exchange.flush();

  const clock = new SystemClock();
  const heard = new Recorder();
  venue = createVenue(laneOptions(config, secrets, "boot"), 0, heard, clock);
  await venue.connect();
  const order = { listing: 0, side: "buy", qtyLots: lots(137), pxTicks: ticks(600_001), timeInForce: "ioc" } as const;
  venue.place({ ...order, clientOrderId: "a1", reduceOnly: false, stampMs: clock.wallMs(), validForMs: 2000 });
  expect(await eventually(() => heard.find("a1", { status: "filled" }))).toMatchObject({ cumQtyLots: 137 });
  expect(listing.wireLot.format(137)).toBe("13.7");
  expect((await venue.positions()).get(0)).toBe(137);
  expect(await venue.permissions()).toEqual({ canTrade: true, canWithdraw: false });
});
