/**
 * Webhooks that come again: replayed as they were, signed anew, in another order, with a retired secret.
 */
import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { EpochMs } from "../../src/domain/units.ts";
import { createVerifier } from "../../src/gateway/auth.ts";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import type { HookSource } from "../../src/gateway/receiver.ts";
import { SystemClock } from "../../src/time/clock.ts";
import {
  type Harness,
  PASSPHRASE,
  post,
  SECRET,
  schemaBody,
  signedHeaders,
  signedHook,
  startHarness,
  tradingViewHook,
} from "../gateway/support.ts";

/** The machine's clock, some time away from what it says. */
class AheadClock extends SystemClock {
  aheadMs = 0;

  override wallMs(): EpochMs {
    return (super.wallMs() + this.aheadMs) as EpochMs;
  }
}

const running: Harness[] = [];
afterEach(async () => {
  for (const harness of running.splice(0)) await harness.receiver.close();
});
async function start(hook: HookSource = signedHook(), dedupeIds = 1_000) {
  const clock = new AheadClock();
  const options = { hooks: [hook, tradingViewHook()], feeds: [] };
  const harness = await startHarness(options, { clock, dedupe: new DedupeTable(dedupeIds) });
  running.push(harness);
  const send = async (body: string, headers: Record<string, string>, path = "sample") =>
    (await post(`${harness.url}/hooks/${path}`, body, headers)).status;
  return { ...harness, clock, send };
}

describe("a replayed webhook", () => {
  it("is a duplicate while its signature is fresh, and nobody's afterwards, however often it comes", async () => {
    const { send, clock, intake } = await start();
    const body = schemaBody({ kind: "close", generated_at: Date.now() });
    const headers = signedHeaders(body);
    expect(await send(body, headers)).toBe(202);
    for (let n = 0; n < 5; n += 1) expect(await send(body, headers)).toBe(200);
    clock.aheadMs = 290_000;
    expect(await send(body, headers)).toBe(200);
    clock.aheadMs = 302_000;
    for (let n = 0; n < 5; n += 1) expect(await send(body, headers)).toBe(401);
    // A clock that is set back opens no window for what has been consumed.
    clock.aheadMs = -3_000;
    expect(await send(body, headers)).toBe(200);
    clock.aheadMs = -3_600_000;
    expect(await send(body, headers)).toBe(401);
    expect(intake.accepted).toHaveLength(1);
  });

  it("cannot pass for another: neither body, id nor time of a captured one can be changed", async () => {
    const { send, intake } = await start();
    const body = schemaBody();
    const headers = signedHeaders(body);
    const later = `${Number(headers["webhook-timestamp"]) + 1}`;
    for (const forged of [
      { ...headers, "webhook-id": "msg_other" },
      { ...headers, "webhook-timestamp": later },
      // The same signed text, split in another place.
      { ...headers, "webhook-id": `${headers["webhook-id"]}.${headers["webhook-timestamp"]}` },
      { ...headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,") },
      { ...headers, "webhook-signature": headers["webhook-signature"].toLowerCase() },
    ]) {
      expect(await send(body, forged)).toBe(401);
    }
    expect(await send(`${body} `, headers)).toBe(401);
    expect(await send(body.replace('"long"', '"short"'), headers)).toBe(401);
    expect(intake.lsn).toBe(0);
    expect(await send(body, headers)).toBe(202);
  });

  it("without a time in its signature is stopped by its id, and when that is forgotten by its age", async () => {
    const hook = signedHook({
      verify: createVerifier({ type: "github", secrets: [{ id: "a", secret: "github-secret-0123456789" }] }),
    });
    const { send, clock, intake } = await start(hook, 4);
    const signed = (body: string) => ({
      "content-type": "application/json",
      "x-hub-signature-256": `sha256=${createHmac("sha256", "github-secret-0123456789").update(body).digest("hex")}`,
    });
    const body = schemaBody();
    expect(await send(body, signed(body))).toBe(202);
    expect(await send(body, signed(body))).toBe(200);
    clock.aheadMs = 31_000;
    // Fresh ones push it out of memory, now that its age alone would stop it.
    for (let n = 0; n < 4; n += 1) {
      const other = schemaBody({ generated_at: Date.now() + clock.aheadMs });
      expect(await send(other, signed(other))).toBe(202);
    }
    expect(await send(body, signed(body))).toBe(503);
    clock.aheadMs = 63_000;
    expect(await send(body, signed(body))).toBe(422);
    expect(intake.accepted).toHaveLength(5);
  });

  it("of TradingView, which signs nothing, is one signal by the bytes it is made of", async () => {
    const { send, intake } = await start();
    const alert = `ticker=BTCUSDT.P market_position=long time=${new Date().toISOString()} passphrase=${PASSPHRASE}`;
    const sendAlert = (body: string) => send(body, { "content-type": "text/plain" }, "tv-7f3c9a51d2e84b60");
    expect(await sendAlert(alert)).toBe(202);
    for (let n = 0; n < 3; n += 1) expect(await sendAlert(alert)).toBe(200);
    expect(intake.accepted).toHaveLength(1);
  });
});

describe("a webhook signed anew", () => {
  it("is the same signal: a retry gets a fresh time and perhaps a fresh delivery id", async () => {
    const { send, clock, intake } = await start();
    const body = schemaBody();
    for (const aheadMs of [0, 5_000, 400_000, 75 * 3_600_000]) {
      clock.aheadMs = aheadMs;
      const timestampS = Math.floor((Date.now() + aheadMs) / 1000);
      expect(await send(body, signedHeaders(body, SECRET, timestampS))).toBe(aheadMs === 0 ? 202 : 200);
    }
    expect(intake.accepted).toHaveLength(1);
  });

  it("with other bytes under the same id is refused, kept, and alarmed", async () => {
    const { send, intake, alarms } = await start();
    const id = "the-same-id";
    const body = schemaBody({ signal_id: id });
    expect(await send(body, signedHeaders(body))).toBe(202);
    const other = schemaBody({ signal_id: id, direction: "short" });
    expect(await send(other, signedHeaders(other))).toBe(409);
    expect(intake.accepted).toHaveLength(1);
    expect(intake.deadLetters.map(({ code }) => code)).toEqual(["ID_REUSED"]);
    expect(alarms.map(({ code }) => code)).toEqual(["ID_REUSED"]);
    // And the first verdict stands.
    expect(await send(body, signedHeaders(body))).toBe(200);
  });

  it("after a refusal is refused again: no second try finds a milder judge", async () => {
    const { send, clock, intake } = await start();
    const body = schemaBody({ generated_at: Date.now() + 90_000 });
    expect(await send(body, signedHeaders(body))).toBe(422);
    clock.aheadMs = 90_000;
    const timestampS = Math.floor((Date.now() + 90_000) / 1000);
    expect(await send(body, signedHeaders(body, SECRET, timestampS))).toBe(422);
    expect(intake.accepted).toHaveLength(0);
  });
});

describe("webhooks in another order", () => {
  it("keep the time they were made, which is what the core judges them by", async () => {
    const { send, intake } = await start();
    const madeMs = [3_000, 1_000, 2_000].map((ageMs) => Date.now() - ageMs);
    for (const generatedAt of madeMs) {
      const body = schemaBody({ generated_at: generatedAt });
      expect(await send(body, signedHeaders(body))).toBe(202);
    }
    // Which of them is superseded is decided once, in core (shield.test.ts): main has to hand on what it needs for that.
    expect(intake.accepted.map(({ signal }) => signal.generatedAtMs)).toEqual(madeMs);
  });
});

describe("rotation of a source's secrets", () => {
  const secret = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;

  it("accepts old and new at once, and the old one no longer from its end on", async () => {
    const retiresMs = Date.now() + 60_000;
    const secrets = [
      { id: "new", secret: secret(2) },
      { id: "old", secret: secret(1), notAfterMs: retiresMs },
    ];
    const { send, clock, intake } = await start(
      signedHook({ verify: createVerifier({ type: "standard-webhooks", secrets }) }),
    );
    const sendSigned = (byte: number) => {
      const nowMs = Date.now() + clock.aheadMs;
      const body = schemaBody({ generated_at: nowMs });
      return send(body, signedHeaders(body, secret(byte), Math.floor(nowMs / 1000)));
    };
    expect(await sendSigned(1)).toBe(202);
    expect(await sendSigned(2)).toBe(202);
    expect(await sendSigned(3)).toBe(401);
    clock.aheadMs = 61_000;
    expect(await sendSigned(1)).toBe(401);
    expect(await sendSigned(2)).toBe(202);
    expect(intake.accepted).toHaveLength(3);
  });

  it("takes a signal once, whichever of the secrets each delivery is signed with", async () => {
    const secrets = [1, 2].map((byte) => ({ id: `${byte}`, secret: secret(byte) }));
    const { send, intake } = await start(
      signedHook({ verify: createVerifier({ type: "standard-webhooks", secrets }) }),
    );
    const body = schemaBody();
    expect(await send(body, signedHeaders(body, secret(1)))).toBe(202);
    expect(await send(body, signedHeaders(body, secret(2)))).toBe(200);
    expect(intake.accepted).toHaveLength(1);
  });
});
