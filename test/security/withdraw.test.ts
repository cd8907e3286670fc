import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished } from "vitest";
import type { VenueOptions } from "../../src/lane/options.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";
import { sampleConfig } from "../support/sample-config.ts";

let rig: LaneRig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** As wiring/ makes them of a live venue: the paper exchange stands in for it. */
function asLive(options: LaneRig["options"], venues: readonly number[]): void {
  const all = options.venues as VenueOptions[];
  for (const venue of venues) all[venue] = { ...(all[venue] as VenueOptions), refuseKeysThatWithdraw: true };
}

it("sends no order with a live key that can withdraw, and trades where keys cannot", async () => {
  rig = await LaneRig.start({ canWithdraw: true });
  asLive(rig.options, [0]);
  const boot = await rig.boot("inline");
  await eventually(
    () => boot.troubles.some((text) => text.includes("paper-a: its API key can withdraw")),
    () => `troubles: ${boot.troubles.join("; ")}`,
  );
  boot.host.submit(rig.signal(0.1));
  await eventually(
    () => (rig as LaneRig).market.orders(1).size > 0 || boot.verdicts.some(({ outcome }) => outcome === "refused"),
    () => JSON.stringify([boot.btc(), boot.verdicts, boot.troubles]),
  );
  expect(rig.market.orders(0).size).toBe(0);
  expect(boot.troubles.filter((text) => text.includes("paper-b"))).toEqual([]);
});

it("asks nothing of the keys of a venue where there is nothing to take", async () => {
  rig = await LaneRig.start({ canWithdraw: true });
  const boot = await rig.boot("inline");
  await boot.settled(0);
  boot.host.submit(rig.signal(0.1));
  await boot.settled(-100);
  expect(boot.troubles).toEqual([]);
});

it("trades with a live key that cannot withdraw", async () => {
  rig = await LaneRig.start();
  asLive(rig.options, [0, 1]);
  const boot = await rig.boot("inline");
  boot.host.submit(rig.signal(0.1));
  await boot.settled(-100);
  expect(boot.troubles).toEqual([]);
});

it("holds the rule against live venues and no other", () => {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-keys-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { config, secrets } = sampleConfig({ directory, venues: [{ name: "paper-a", port: 1 }] });
  for (const environment of ["paper", "testnet", "live"] as const) {
    const venues = config.venues.map((venue) => ({ ...venue, environment }) as typeof venue);
    const [venue] = laneOptions({ ...config, venues }, secrets, "boot").venues;
    expect(venue?.refuseKeysThatWithdraw, environment).toBe(environment === "live");
  }
});
