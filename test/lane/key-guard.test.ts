/** What a live venue's client is wrapped in, with a real client on a paper exchange whose keys may be able to withdraw. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { paperOptions } from "../../src/cli/paper-options.ts";
import { lots, ticks } from "../../src/domain/units.ts";
import { createVenue } from "../../src/lane/venues.ts";
import { type PaperServer, startPaper } from "../../src/paper/server.ts";
import { SystemClock } from "../../src/time/clock.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { sampleConfig } from "../support/sample-config.ts";
import { eventually, Recorder } from "../venues/support/recorder.ts";

const clock = new SystemClock();
let server: PaperServer | null = null;
let venue: Venue | null = null;
const directory = mkdtempSync(join(tmpdir(), "outrigger-key-"));

afterEach(async () => {
  await venue?.close();
  await server?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The first venue of the sample as it would be made for live trading, or as it is for paper. */
async function connecting(canWithdraw: boolean, refuseKeysThatWithdraw: boolean) {
  const planned = sampleConfig({ directory, venues: [{ name: "alpha", port: 1 }] });
  const paper = paperOptions(planned.config, planned.secrets, {});
  server = await startPaper({ ...paper, venues: paper.venues.map((each) => ({ ...each, port: 0, canWithdraw })) });
  const { config, secrets } = sampleConfig({ directory, venues: [{ name: "alpha", port: server.venues[0]!.port }] });
  const options = laneOptions(config, secrets, "boot");
  expect(options.venues[0]!.refuseKeysThatWithdraw).toBe(false);
  const heard = new Recorder();
  const venues = options.venues.map((each) => ({ ...each, refuseKeysThatWithdraw }));
  venue = createVenue({ ...options, venues }, 0, heard, clock);
  return { venue, heard };
}

const order = () => ({
  ...({ clientOrderId: "a", listing: 0, side: "sell", qtyLots: lots(10), pxTicks: ticks(600_000) } as const),
  ...({ timeInForce: "ioc", reduceOnly: false, stampMs: clock.wallMs(), validForMs: 1000 } as const),
});

describe("a key that must not withdraw", () => {
  it("and can is refused: nothing was ever said to be live, and no order leaves", async () => {
    const guarded = await connecting(true, true);
    await expect(guarded.venue.connect()).rejects.toMatchObject({ code: "AUTH", field: "apiKey" });
    expect(guarded.heard.statuses).toEqual([]);
    expect(guarded.venue.place(order())).toBe(false);
  });

  it("and cannot trades like any other, once its rights are known", async () => {
    const guarded = await connecting(false, true);
    const connected = guarded.venue.connect();
    expect(guarded.venue.place(order())).toBe(false);
    await connected;
    expect(guarded.heard.status).toMatchObject({ ordersLive: true, streamLive: true, quotesLive: true });
    await eventually(() => guarded.heard.quotes.length > 0);
    expect(guarded.venue.place(order())).toBe(true);
    await eventually(() => guarded.heard.find("a", { status: "filled" }));
  });

  it("is not asked for on paper", async () => {
    const free = await connecting(true, false);
    await free.venue.connect();
    expect(free.heard.status).toMatchObject({ ordersLive: true });
  });
});
