/** The kill switch: one word, looked at before each send, whatever the core believes. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Signal } from "../../src/domain/signal.ts";
import { KILL_SWITCH_OFFSET, WORD_BYTES } from "../../src/memory/layout.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { hedgeOf, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, LaneRig } from "../support/lane-rig.ts";

let rig: LaneRig;
beforeEach(async () => {
  rig = await LaneRig.start();
});
afterEach(() => rig.close());

const ordersSeen = () => rig.market.venues.reduce((sum, _, venue) => sum + rig.market.orders(venue).size, 0);
const netBtc = () => rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT");
const setWord = (boot: Boot, level: number) => Atomics.store(boot.shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES, level);

describe.each(["pool", "inline"] as const)("the word alone, on a lane hosted %s", (lanes) => {
  test("1 stops what increases risk and lets hedges be taken off; 2 stops both; 0 lets go on", async () => {
    const boot = await rig.boot(lanes);
    const verdictOn = async (signal: Signal) => {
      boot.host.submit(signal);
      await eventually(() => boot.verdicts.at(-1)?.intakeSeq === signal.intakeSeq && boot.btc().pending === 0);
      return boot.verdicts.at(-1);
    };
    await eventually(() => boot.btc().state === "active");
    boot.host.submit(rig.signal(0.2));
    await boot.settled(-200);
    const sent = ordersSeen();

    // At once: the core may not have heard of it and decide an order. It is looked at before the send.
    setWord(boot, 1);
    await verdictOn(rig.signal(0.3));
    expect(ordersSeen()).toBe(sent);
    await eventually(() => boot.alarms.some(({ message }) => message.startsWith("kill switch 1")));
    expect(await verdictOn(rig.signal(0.4))).toMatchObject({ outcome: "refused", refusal: { code: "KILL_SWITCH" } });
    boot.host.submit(rig.signal(0.1));
    await boot.settled(-100);
    expect(netBtc()).toBe(-100);

    const sentBefore = ordersSeen();
    setWord(boot, 2);
    await verdictOn(close());
    await eventually(() => boot.alarms.some(({ message }) => message.startsWith("kill switch 2")));
    expect(await verdictOn(close())).toMatchObject({ outcome: "refused", refusal: { code: "KILL_SWITCH" } });
    expect(ordersSeen()).toBe(sentBefore);
    expect(netBtc()).toBe(-100);

    setWord(boot, 0);
    boot.host.control({ type: "kill", level: 0, reason: "over" });
    boot.host.submit(close());
    await boot.settled(0);
    expect(rig.mismatches(boot)).toEqual([]);
  });
});

const close = () => rig.signal(Number.NaN, { kind: "close", direction: "flat" });

test("the operator's switch survives a restart of the engine, and so does its release", async () => {
  const stateOf = (engine: Awaited<ReturnType<typeof runEngine>>) => engine.status.snapshot();
  let engine = await runEngine(rig);
  try {
    expect((await engine.send(hedgeOf("before", 0.1))).status).toBe(202);
    await eventually(() => netBtc() === -100);
    engine.kill(1, "a test");
    await engine.stop();

    engine = await runEngine(rig);
    expect(stateOf(engine).killLevel).toBe(1);
    await eventually(() => stateOf(engine).state === "active");
    const sent = ordersSeen();
    expect((await engine.send(hedgeOf("while-killed", 0.2))).status).toBe(202);
    await eventually(() => readDecisionLog(rig.journal).verdicts.length === 2);
    expect(readDecisionLog(rig.journal).verdicts[1]).toMatchObject({
      outcome: "refused",
      refusal: { code: "KILL_SWITCH" },
    });
    // Taking off is allowed.
    expect((await engine.send(hedgeOf("less", 0.05))).status).toBe(202);
    await eventually(() => netBtc() === -50);
    expect(ordersSeen()).toBe(sent + 1);
    engine.kill(0, "over");
    await engine.stop();

    engine = await runEngine(rig);
    expect(stateOf(engine).killLevel).toBe(0);
    await eventually(() => stateOf(engine).state === "active");
    expect((await engine.send(hedgeOf("after", 0.2))).status).toBe(202);
    await eventually(() => netBtc() === -200);
  } finally {
    await engine.stop();
  }
});
