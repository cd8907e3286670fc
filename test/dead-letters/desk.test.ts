/** Dead letters end to end: real sockets in front, a real lane, real paper venues and real logs behind. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ReplayAnswer } from "../../src/dead-letters/desk.ts";
import type { LetterView } from "../../src/dead-letters/view.ts";
import { foldLetters } from "../../src/journal/letter-fold.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";
import type { SampleOptions } from "../support/sample-config.ts";

let rig: LaneRig;
let engine: RunningEngine;

beforeEach(async () => {
  rig = await LaneRig.start();
});
afterEach(async () => {
  await engine.stop();
  await rig.close();
});

async function start(options: Partial<SampleOptions> = {}): Promise<void> {
  engine = await runEngine(rig, { lanes: "inline", ...options });
  await eventually(() => engine.status.positions().state === "active");
}

const letters = async () => (await engine.ask("/dlq")).answer["letters"] as LetterView[];
async function lettersOnce(count: number): Promise<LetterView[]> {
  let seen: LetterView[] = [];
  const untilMs = performance.now() + 60_000;
  while (seen.length !== count && performance.now() < untilMs) seen = await letters();
  expect(seen.map(({ code }) => code)).toHaveLength(count);
  return seen;
}
async function replay(command: object): Promise<ReplayAnswer[]> {
  const { status, answer } = await engine.ask("/dlq/replay", command);
  expect(status).toBe(200);
  return answer["replays"] as ReplayAnswer[];
}
const netBtc = () => rig.market.netLots(0, "BTCUSDT") + rig.market.netLots(1, "BTCUSDT");
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** Old enough to be stale, with a horizon long enough to be run again. */
const stale = (id: string, quantity: number, changes: object = {}) =>
  hedgeOf(id, quantity, { generated_at: ago(31_000), ...changes });

describe("what reaches the queue", () => {
  test("everything that was authenticated and could not be processed, with its bytes and a reason in words", async () => {
    await start({ shield: { holdings: "100" } });
    const bodies = [
      "this is no JSON",
      hedgeOf("no-such-asset", 0.1, { asset: "DOGE/USDT" }),
      stale("old", 0.1),
      hedgeOf("over", 0.1, { generated_at: ago(3000), time_horizon: "1s" }),
      // Accepted, and refused by the risk gate: ten bitcoin are more than an order may be.
      hedgeOf("too-large", 10),
      hedgeOf("wrong-way", 0.1, { direction: "short" }),
    ];
    const statuses: number[] = [];
    for (const body of bodies) statuses.push((await engine.send(body)).status);
    expect(statuses).toEqual([400, 422, 422, 422, 202, 202]);
    // Never authenticated: no dead letter, or anybody could fill the queue.
    const stranger = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect((await fetch(`http://127.0.0.1:${engine.receiverPort}/hooks/sample`, stranger)).status).toBe(401);
    const seen = await lettersOnce(6);
    expect(seen.map(({ code, source, attempts, state }) => [code, source, attempts, state])).toEqual([
      ["MALFORMED", "sample", 0, "open"],
      ["UNKNOWN_ASSET", "sample", 0, "open"],
      ["STALE", "sample", 0, "open"],
      ["EXPIRED", "sample", 0, "open"],
      ["ORDER_NOTIONAL_OVER_LIMIT", "sample", 0, "open"],
      ["DIRECTION_MISMATCH", "sample", 0, "open"],
    ]);
    expect(seen.map(({ signalId }) => signalId)).toEqual([
      "",
      "no-such-asset",
      "old",
      "over",
      "too-large",
      "wrong-way",
    ]);
    for (const [at, { position, reason, remedy, receivedAt }] of seen.entries()) {
      expect(reason.length).toBeGreaterThan(20);
      expect(remedy.length).toBeGreaterThan(10);
      expect(Math.abs(Date.parse(receivedAt) - Date.now())).toBeLessThan(60_000);
      const { answer } = await engine.ask(`/dlq/${position}`);
      const sent = bodies[at]!;
      expect(answer["body"]).toBe(typeof sent === "string" ? sent : JSON.stringify(sent));
    }
    expect(engine.status.snapshot().deadLetters).toBe(6);
    expect((await engine.ask("/dlq/999999")).status).toBe(404);
  });

  test("no venue: what nobody could be asked for until it was too old", async () => {
    await start({ router: { quoteAgeMsMax: 200 } });
    for (const venue of [0, 1]) rig.market.inject(venue, { kind: "outage", durationMs: 3500 });
    await new Promise((done) => setTimeout(done, 400));
    expect((await engine.send(hedgeOf("nowhere", 0.1, { generated_at: ago(28_500) }))).status).toBe(202);
    const [letter] = await lettersOnce(1);
    expect(letter).toMatchObject({ code: "NO_VENUE", source: "sample", signalId: "nowhere" });
    expect(netBtc()).toBe(0);
    // Back again: it is decided anew, on a yes, as its price is not known.
    await new Promise((done) => setTimeout(done, 3000));
    expect(await replay({ letters: [letter!.position] })).toMatchObject([{ sent: false, code: "NEEDS_YES" }]);
    expect(await replay({ letters: [letter!.position], yes: true })).toMatchObject([{ outcome: "taken" }]);
    await eventually(() => netBtc() === -100);
  });
});

describe("replay", () => {
  test("decides anew what was stale, only with a yes, once, and remembers it over a restart", async () => {
    await start();
    const body = stale("late", 0.1);
    await engine.send(body);
    const [letter] = await lettersOnce(1);
    const { position } = letter!;
    expect(await replay({ letters: [position] })).toMatchObject([{ position, sent: false, code: "NEEDS_YES" }]);
    expect(netBtc()).toBe(0);
    expect(await replay({ letters: [position], yes: true })).toMatchObject([
      { position, sent: true, outcome: "taken", message: `replay.${position}.1` },
    ]);
    await eventually(() => netBtc() === -100);
    expect(await letters()).toEqual([]);
    expect(await replay({ letters: [position], yes: true })).toMatchObject([{ sent: false, code: "NOT_OPEN" }]);
    // The sender's own retry hears the first verdict and orders nothing.
    expect(await engine.send(body)).toMatchObject({ status: 422, answer: { code: "STALE", position } });
    expect(await letters()).toEqual([]);
    await engine.stop();
    await start();
    expect((await engine.ask(`/dlq/${position}`)).answer).toMatchObject({ state: "done", attempts: 1 });
    expect(foldLetters(rig.journal).get(position)).toMatchObject({ state: "done", attempts: 1 });
    expect(readDecisionLog(rig.journal).signals).toEqual([1]);
    expect(netBtc()).toBe(-100);
  });

  test("counts what the lane refuses again, keeps it, and lets it through when the reason is gone", async () => {
    await start();
    engine.kill(1, "test");
    expect((await engine.send(hedgeOf("stopped", 0.1))).status).toBe(202);
    const [letter] = await lettersOnce(1);
    expect(letter).toMatchObject({ code: "KILL_SWITCH", signalId: "stopped" });
    const { position } = letter!;
    expect(await replay({ letters: [position], yes: true })).toMatchObject([
      { outcome: "refused", code: "KILL_SWITCH" },
    ]);
    expect(await letters()).toMatchObject([{ position, attempts: 1, lastAttempt: { code: "KILL_SWITCH" } }]);
    await engine.stop();
    await start();
    expect(await letters()).toMatchObject([{ position, attempts: 1, lastAttempt: { code: "KILL_SWITCH" } }]);
    engine.kill(0, "test over");
    expect(await replay({ letters: [position], yes: true })).toMatchObject([
      { outcome: "taken", message: `replay.${position}.2` },
    ]);
    await eventually(() => netBtc() === -100);
  });

  test("original order per instrument: the newest takes the older ones' place, and a poison letter holds up nobody", async () => {
    await start();
    await engine.send(stale("first", 0.1));
    await engine.send("poison");
    await engine.send(stale("second", 0.2));
    await engine.send(stale("ether", 0.5, { asset: "ETH/USDT" }));
    const [first, poison, second, ether] = (await lettersOnce(4)).map(({ position }) => position);
    const answers = await replay({ letters: "all", yes: true });
    expect(answers.map(({ position, code }) => [position, code])).toEqual([
      [first, "SUPERSEDED"],
      [poison, "MALFORMED"],
      [second, "TAKEN"],
      [ether, "TAKEN"],
    ]);
    await eventually(() => netBtc() === -200);
    // Later, too: the decision that stands is newer.
    expect(await replay({ letters: [first], yes: true })).toMatchObject([{ outcome: "refused", code: "SUPERSEDED" }]);
    expect(netBtc()).toBe(-200);
    expect((await letters()).map(({ code, attempts }) => [code, attempts])).toEqual([
      ["STALE", 2],
      ["MALFORMED", 1],
    ]);
  });

  test("an open past its horizon expires; a price that moved stops it; a close goes reduce-only", async () => {
    await start();
    await engine.send(hedgeOf("over", 0.1, { generated_at: ago(31_000), time_horizon: "10s" }));
    await engine.send(stale("moved", 0.1));
    expect((await engine.send(hedgeOf("standing", 0.3))).status).toBe(202);
    await eventually(() => netBtc() === -300);
    engine.kill(2, "test");
    expect((await engine.send(hedgeOf("close", 1, { kind: "close", direction: "flat" }))).status).toBe(202);
    const [over, moved, close] = (await lettersOnce(3)).map(({ position }) => position);
    engine.kill(0, "test over");
    rig.market.moveTo(63_000);
    await eventually(() => engine.status.positions().hedges[0]!.netDeltaNotional !== 0);
    await new Promise((done) => setTimeout(done, 200));
    const answers = await replay({ letters: [over, moved], yes: true });
    expect(answers.map(({ code }) => code)).toEqual(["EXPIRED", "PRICE_MOVED"]);
    expect(await replay({ letters: [close] })).toMatchObject([{ code: "PRICE_MOVED" }]);
    expect(netBtc()).toBe(-300);
    expect(await replay({ letters: [close], yes: true })).toMatchObject([{ outcome: "taken" }]);
    await eventually(() => netBtc() === 0);
    const closing = readDecisionLog(rig.journal).intents.filter(({ cause }) => cause.includes(`replay.${close}.`));
    expect(closing.length).toBeGreaterThan(0);
    expect(closing.every(({ reduceOnly }) => reduceOnly)).toBe(true);
  });
});

test("discard is journaled with its reason, and stays so", async () => {
  await start();
  await engine.send("poison");
  await engine.send(stale("kept", 0.1));
  const [poison, kept] = (await lettersOnce(2)).map(({ position }) => position);
  const { answer } = await engine.ask("/dlq/discard", { letters: [poison, 999_999], reason: "the sender is mended" });
  expect(answer).toEqual({ discarded: [poison], notOpen: [999_999] });
  await engine.stop();
  expect(foldLetters(rig.journal).get(poison!)).toMatchObject({
    state: "discarded",
    discardReason: "the sender is mended",
  });
  await start();
  expect((await letters()).map(({ position }) => position)).toEqual([kept]);
  expect(await replay({ letters: [poison!] })).toMatchObject([{ code: "NOT_OPEN" }]);
});
