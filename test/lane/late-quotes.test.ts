/** Feeds that run late, in every language: their quotes are as old as their stamps say, and nothing is traded on them. */
import { afterEach, expect, test } from "vitest";
import { createQuoteSlot, openQuotes } from "../../src/memory/quotes.ts";
import { eventually } from "../support/eventually.ts";
import { clock, LaneRig } from "../support/lane-rig.ts";

let rig: LaneRig;
afterEach(() => rig.close());

const AGE_MS_MAX = 400;
const LATE_MS = 700;
/** Two clocks of one process, and what is not whole of them. */
const CLOCKS_MS = 50;
const VENUES = [0, 1, 2];

test("quotes that arrive late are old: what is wished waits for newer ones", async () => {
  rig = await LaneRig.start({
    dialects: ["binance-usdm", "bybit-linear", "okx-swap"],
    sample: { router: { quoteAgeMsMax: AGE_MS_MAX } },
  });
  const boot = await rig.boot("inline");
  await eventually(() => boot.btc().state === "active");
  boot.host.submit(rig.signal(0.1));
  await boot.settled(-100);

  for (const venue of VENUES) rig.market.inject(venue, { kind: "lateQuotes", ms: LATE_MS, durationMs: 600_000 });
  const fromMs = clock.wallMs();
  const { directory } = rig.options.core;
  const hedge = directory.instruments.find(({ symbol }) => symbol === "BTC/USDT:USDT")!;
  const listings = directory.listings.filter(({ instrument }) => instrument === hedge.index);
  expect(listings.map(({ venue }) => venue)).toEqual(VENUES);
  const quotes = openQuotes(boot.shared);
  const slot = createQuoteSlot();
  // Said since the fault began: these and all that follow are late, however many come.
  await eventually(() =>
    listings.every(({ index }) => quotes.readQuote(index, slot) && slot.venueMs > fromMs + CLOCKS_MS),
  );
  const wish = rig.signal(0.3);
  boot.host.submit(wish);
  await eventually(() => boot.verdicts.at(-1)?.intakeSeq === wish.intakeSeq);
  expect(boot.verdicts.at(-1)).toMatchObject({ outcome: "deferred" });
  await eventually(() => boot.alarms.some(({ code }) => code === "PRICE_MISSING"));
  for (const { index } of listings) {
    quotes.readQuote(index, slot);
    expect(clock.nowNs() - slot.receivedNs).toBeGreaterThan(AGE_MS_MAX * 1e6);
  }
  expect(VENUES.reduce((sum, venue) => sum + rig.market.netLots(venue, "BTCUSDT"), 0)).toBe(-100);

  for (const venue of VENUES) rig.market.heal(venue);
  await boot.settled(-300);
  expect(rig.mismatches(boot)).toEqual([]);
});
