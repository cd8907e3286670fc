/** Rules of a market that a venue changes while a lane trades there, and between two lives. */
import { afterEach, expect, test } from "vitest";
import type { Verdict } from "../../src/core/event.ts";
import { lots } from "../../src/domain/units.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, LaneRig } from "../support/lane-rig.ts";

let rig: LaneRig;
afterEach(() => rig.close());

const SYMBOL = "BTC-USDT-SWAP";
const close = () => rig.signal(Number.NaN, { kind: "close", direction: "flat" });
const change = (rules: object) =>
  rig.market.inject(0, { kind: "otherRules", symbol: SYMBOL, durationMs: 600_000, ...rules });
const heal = () => rig.market.heal(0);

async function verdictOn(boot: Boot, signal: ReturnType<LaneRig["signal"]>): Promise<Verdict | undefined> {
  boot.host.submit(signal);
  await eventually(() => boot.verdicts.at(-1)?.intakeSeq === signal.intakeSeq && boot.btc().pending === 0);
  return boot.verdicts.at(-1);
}

async function hedged(): Promise<Boot> {
  // No quote is too old, so that no other reason is ever given.
  const sample = { router: { quoteAgeMsMax: 60_000 } };
  rig = await LaneRig.start({ dialects: ["okx-swap"], rulesMs: 20, sample });
  const boot = await rig.boot("inline");
  await eventually(() => boot.btc().state === "active");
  boot.host.submit(rig.signal(0.2));
  await boot.settled(-200);
  return boot;
}
const told = (boot: Boot, what: RegExp) =>
  eventually(() => boot.alarms.some(({ code, message }) => code === "RULES_CHANGED" && what.test(message)));

test("another tick stops what opens and lets what stands be closed, until it is the old one again", async () => {
  const boot = await hedged();
  change({ tickSize: "0.5" });
  await told(boot, /tickSize is 0\.1, the exchange's is 0\.5: nothing opens there/);
  const refused = { outcome: "refused", refusal: { code: "RULES_CHANGED" } };
  expect(await verdictOn(boot, rig.signal(0.3))).toMatchObject(refused);
  expect(rig.market.netLots(0, "BTCUSDT")).toBe(-200);
  boot.host.submit(close());
  await boot.settled(0);
  heal();
  await told(boot, /fit its rules again/);
  boot.host.submit(rig.signal(0.3));
  await boot.settled(-300);
  expect(rig.mismatches(boot)).toEqual([]);
});

test("a start by the new tick and lot goes on with what stands: only new orders are bound by them", async () => {
  const boot = await hedged();
  await boot.stop();
  change({ tickSize: "0.5", lotSize: "0.01" });
  const { core } = rig.options;
  const [first, ...others] = core.directory.listings;
  const listings = [{ ...first!, tickStep: 5, lotStep: lots(10), qtyLotsMin: lots(10) }, ...others];
  const adapted = { ...core, directory: { ...core.directory, listings } };
  const next = await rig.boot("inline", undefined, undefined, adapted);
  await next.settled(-200);
  next.host.submit(rig.signal(0.255));
  await next.settled(-250);
  next.host.submit(close());
  await next.settled(0);
  expect(rig.mismatches(next)).toEqual([]);
});

test("another contract size stops every order; a life begun with it counts by it", async () => {
  const boot = await hedged();
  change({ contractSize: "0.1", lotSize: "0.001" });
  await told(boot, /ctVal is 0\.01, the exchange's is 0\.1: no order goes there/);
  const sent = rig.market.orders(0).size;
  for (const signal of [rig.signal(0.3), close()]) {
    expect(await verdictOn(boot, signal)).toMatchObject({ refusal: { code: "RULES_CHANGED", value: 2 } });
  }
  expect(rig.market.orders(0).size).toBe(sent);
  await boot.stop();

  // Nothing is remembered of it where the venue has gone back.
  heal();
  const next = await rig.boot("inline");
  await eventually(() => next.btc().state === "active");
  next.host.submit(close());
  await next.settled(0);
  expect(rig.mismatches(next)).toEqual([]);
});
