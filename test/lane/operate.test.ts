/** An operator's commands through a whole engine: the control API, the lane, the core, and what is said of them. */
import { afterEach, expect, it } from "vitest";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";

let rig: LaneRig;
let engine: RunningEngine;
afterEach(async () => {
  await engine.stop();
  await rig.close();
});

const state = () => engine.status.positions().state;
const alarms = () => engine.status.snapshot().alarms.map(({ code, message }) => `${code}: ${message}`);
const said = (text: string) =>
  eventually(
    () => alarms().some((alarm) => alarm.includes(text)),
    () => alarms().join("; "),
  );

it("changes the state, tightens a limit at once, loosens it in two, and closes the breaker that the limit tripped", async () => {
  rig = await LaneRig.start();
  engine = await runEngine(rig);
  await eventually(() => state() === "active");
  expect(await engine.ask("/state", { state: "reducing", reason: "lunch" })).toMatchObject({ status: 200 });
  await eventually(() => state() === "reducing");
  await engine.ask("/state", { state: "active", reason: "back" });
  await eventually(() => state() === "active");

  await engine.ask("/limits", { name: "ordersPerMinuteMax", value: 0, reason: "stop at the next order" });
  await said("ordersPerMinuteMax: tightened");
  await engine.send(hedgeOf("one", 0.1));
  await eventually(() => state() === "reducing");
  // As active as its breakers let it: asking is not acknowledging.
  await engine.ask("/state", { state: "active", reason: "please" });
  await engine.ask("/limits", { name: "ordersPerMinuteMax", value: 50, reason: "too tight" });
  await said("ordersPerMinuteMax: proposed");
  expect(state()).toBe("reducing");
  await engine.ask("/limits", { name: "ordersPerMinuteMax", value: 50, confirmed: true, reason: "too tight" });
  await said("ordersPerMinuteMax: loosened");
  await engine.ask("/breakers/acknowledge", { breaker: "orderRate", reason: "the limit was mine" });
  await said("BREAKER_CLOSED");
  await eventually(() => state() === "active");
});

it("stops one venue's orders and not another's, and releases the kill switch in two steps", async () => {
  rig = await LaneRig.start();
  engine = await runEngine(rig);
  await eventually(() => state() === "active");
  // The first venue is always the cheaper one.
  const stop = { part: "venue", name: rig.market.venues[0]!.name, level: 2, reason: "maintenance" };
  expect(await engine.ask("/kill/part", stop)).toMatchObject({ status: 200 });
  await said("kill switch 2 of venue paper-a: raised");
  await engine.send(hedgeOf("elsewhere", 0.1));
  await eventually(() => rig.market.netLots(1, "BTCUSDT") === -100);
  expect(rig.market.orders(0).size).toBe(0);
  await eventually(() => `${engine.status.snapshot().operatorSettings}` === "kill switch 2 of venue paper-a");

  const killLevel = () => engine.status.snapshot().killLevel;
  await engine.ask("/kill", { level: 2, reason: "all of it" });
  expect(killLevel()).toBe(2);
  expect((await engine.ask("/resume", { confirmed: true, reason: "over" })).answer).toEqual({ step: "notProposed" });
  await engine.ask("/resume", { reason: "over" });
  expect(killLevel()).toBe(2);
  const { answer } = await engine.ask("/resume", { confirmed: true, reason: "over" });
  expect([answer, killLevel()]).toEqual([{ step: "confirmed", killed: 0 }, 0]);

  // To the core by way of the journal, which has no such weights to go back to.
  const weights = { playbook: "shield:BTC/USDT", version: 3, reason: "one crash" };
  expect((await engine.ask("/weights", weights)).answer).toEqual({ step: "proposed" });
  await engine.ask("/weights", { ...weights, confirmed: true });
  await said("weights of shield:BTC/USDT: there is no version 3 to go back to");
});
