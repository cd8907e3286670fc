import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { EpochMs } from "../../src/domain/units.ts";
import { type AuthRequest, BearerTokens, createVerifier, type Verifier } from "../../src/gateway/auth.ts";
import { addressText } from "../../src/gateway/exchange.ts";
import { AuthFailures, TokenBucket } from "../../src/gateway/rate-limit.ts";
import { tradingViewPassphrase } from "../../src/wire/adapters/tradingview.ts";
import { PASSPHRASE } from "./support.ts";

const NOW = 1_760_000_000_000 as EpochMs;
const OLD = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const NEW = `whsec_${Buffer.alloc(64, 2).toString("base64")}`;

function request(body: string, headers: Record<string, string>, changes: Partial<AuthRequest> = {}): AuthRequest {
  return {
    header: (name) => headers[name] ?? "",
    contentType: "application/json",
    address: "127.0.0.1",
    body: new Uint8Array(Buffer.from(body)),
    ...changes,
  };
}

const keyIdOf =
  (verify: Verifier) =>
  (given: AuthRequest, nowMs: EpochMs): string | null =>
    verify(given, nowMs).keyId;

/** Signed by the official client library. */
function official(secret: string, body: string, id = "msg_1", timestampS = NOW / 1000): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": `${timestampS}`,
    "webhook-signature": new Webhook(secret).sign(id, new Date(timestampS * 1000), body),
  };
}

describe("Standard Webhooks", () => {
  const secrets = [
    { id: "new", secret: NEW },
    { id: "old", secret: OLD, notAfterMs: NOW + 1_000 },
  ];
  const verify = keyIdOf(createVerifier({ type: "standard-webhooks", secrets }));

  it("accepts what the official library signs, and names the secret", () => {
    expect(verify(request("{}", official(NEW, "{}")), NOW)).toBe("new");
    expect(verify(request("{}", official(OLD, "{}")), NOW)).toBe("old");
    expect(verify(request("", official(NEW, "")), NOW)).toBe("new");
  });

  it("accepts a rotating sender's list of signatures in any order", () => {
    const good = official(NEW, "{}")["webhook-signature"];
    const wrong = `v1,${Buffer.alloc(32).toString("base64")}`;
    for (const list of [`${wrong} ${good}`, `${good} ${wrong}`, `v1a,abc ${good}`, `junk ${good}`]) {
      expect(verify(request("{}", { ...official(NEW, "{}"), "webhook-signature": list }), NOW), list).toBe("new");
    }
  });

  it("retires a secret at its end", () => {
    const late = (NOW + 1_000) as EpochMs;
    expect(verify(request("{}", official(OLD, "{}", "m", late / 1000)), late)).toBe(null);
    expect(verify(request("{}", official(NEW, "{}", "m", late / 1000)), late)).toBe("new");
  });

  it.each([
    ["another body", "by an active secret", request("{} ", official(NEW, "{}"))],
    ["another id", "by an active secret", request("{}", { ...official(NEW, "{}"), "webhook-id": "msg_2" })],
    [
      "another time",
      "by an active secret",
      request("{}", { ...official(NEW, "{}"), "webhook-timestamp": `${NOW / 1000 + 1}` }),
    ],
    [
      "an unknown secret",
      "by an active secret",
      request("{}", official(`whsec_${Buffer.alloc(32, 9).toString("base64")}`, "{}")),
    ],
    ["no headers", "webhook-id", request("{}", {})],
    [
      "an empty signature",
      "webhook-signature has no v1",
      request("{}", { ...official(NEW, "{}"), "webhook-signature": "" }),
    ],
    [
      "a short signature",
      "webhook-signature has no v1",
      request("{}", { ...official(NEW, "{}"), "webhook-signature": "v1,AAAA" }),
    ],
    [
      "a signature without version",
      "webhook-signature has no v1",
      request("{}", { ...official(NEW, "{}"), "webhook-signature": "AAAA" }),
    ],
    ["an id with a dot", "webhook-id", request("{}", official(NEW, "{}", "a.b"))],
    ["an id too long", "webhook-id", request("{}", official(NEW, "{}", "a".repeat(65)))],
    [
      "a time with a tail",
      "not the epoch in seconds",
      request("{}", { ...official(NEW, "{}"), "webhook-timestamp": `${NOW / 1000}abc` }),
    ],
    [
      "a time with a sign",
      "not the epoch in seconds",
      request("{}", { ...official(NEW, "{}"), "webhook-timestamp": `+${NOW / 1000}` }),
    ],
    [
      "301 s old",
      "webhook-timestamp is 301 s old, at most 300",
      request("{}", official(NEW, "{}", "m", NOW / 1000 - 301)),
    ],
    [
      "61 s ahead",
      "webhook-timestamp is 61 s ahead, at most 60",
      request("{}", official(NEW, "{}", "m", NOW / 1000 + 61)),
    ],
  ])("refuses %s, and says why to the operator", (_, why, wrong) => {
    const proof = createVerifier({ type: "standard-webhooks", secrets })(wrong, NOW);
    expect(proof).toEqual({ keyId: null, why: expect.stringContaining(why) });
  });

  it("accepts up to the edges of its tolerance", () => {
    expect(verify(request("{}", official(NEW, "{}", "m", NOW / 1000 - 300)), NOW)).toBe("new");
    expect(verify(request("{}", official(NEW, "{}", "m", NOW / 1000 + 60)), NOW)).toBe("new");
  });

  it("verifies bytes that are not UTF-8, where the library gives up", () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    const key = Buffer.from(NEW.slice(6), "base64");
    const mac = createHmac("sha256", key)
      .update(`m.${NOW / 1000}.`)
      .update(bytes)
      .digest("base64");
    const headers = { "webhook-id": "m", "webhook-timestamp": `${NOW / 1000}`, "webhook-signature": `v1,${mac}` };
    expect(verify(request("", headers, { body: new Uint8Array(bytes) }), NOW)).toBe("new");
  });

  it("refuses weak secrets at start-up without showing them", () => {
    for (const secret of ["whsec_", "whsec_AAAA", "plain-text-secret-of-some-length", `whsec_${"!".repeat(40)}`]) {
      const make = () => createVerifier({ type: "standard-webhooks", secrets: [{ id: "k1", secret }] });
      expect(make).toThrow(/k1/);
      if (secret.length > 6) expect(make).not.toThrow(secret);
    }
    expect(() => createVerifier({ type: "github", secrets: [] })).toThrow(/at least one/);
  });
});

describe("GitHub and Stripe styles", () => {
  const secrets = [
    { id: "b", secret: "second-secret-0123456789" },
    { id: "a", secret: "first-secret-0123456789" },
  ];
  const mac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("hex");

  it("accepts x-hub-signature-256 with any active secret", () => {
    const verify = keyIdOf(createVerifier({ type: "github", secrets }));
    const header = (value: string) => request("{}", { "x-hub-signature-256": value });
    expect(verify(header(`sha256=${mac("first-secret-0123456789", "{}")}`), NOW)).toBe("a");
    expect(verify(header(`sha256=${mac("first-secret-0123456789", "{}").toUpperCase()}`), NOW)).toBe(null);
    expect(verify(header(`sha256=${mac("x", "{}")}`), NOW)).toBe(null);
    expect(verify(header(""), NOW)).toBe(null);
  });

  it("accepts stripe-signature with several v1 and checks its time", () => {
    const verify = keyIdOf(createVerifier({ type: "stripe", secrets }));
    const t = NOW / 1000;
    const good = mac("second-secret-0123456789", `${t}.{}`);
    const header = (value: string) => request("{}", { "stripe-signature": value });
    expect(verify(header(`t=${t},v1=${"0".repeat(64)},v1=${good}`), NOW)).toBe("b");
    expect(verify(header(`v1=${good}`), NOW)).toBe(null);
    expect(verify(header(`t=${t + 1},v1=${good}`), NOW)).toBe(null);
    expect(verify(header(`t=${t},v1=${good}`), (NOW + 301_000) as EpochMs)).toBe(null);
    // A second t must not move the window of the first.
    expect(verify(header(`t=${t},t=${t + 301},v1=${good}`), (NOW + 301_000) as EpochMs)).toBe(null);
  });
});

describe("TradingView", () => {
  const verify = keyIdOf(
    createVerifier({
      type: "tradingview",
      secrets: [{ id: "p", secret: PASSPHRASE }],
      addresses: ["52.89.214.238"],
      passphraseOf: tradingViewPassphrase,
    }),
  );
  const from = (address: string, body: string) => request(body, {}, { address });

  it("wants both the address and the passphrase, and blanks the passphrase", () => {
    const alert = from("52.89.214.238", `{"ticker":"BTCUSDT","passphrase":"${PASSPHRASE}","note":"${PASSPHRASE}"}`);
    expect(verify(alert, NOW)).toBe("p");
    expect(Buffer.from(alert.body).toString()).toBe(
      `{"ticker":"BTCUSDT","passphrase":"${"*".repeat(PASSPHRASE.length)}","note":"${"*".repeat(PASSPHRASE.length)}"}`,
    );
    expect(verify(from("52.89.214.239", `{"passphrase":"${PASSPHRASE}"}`), NOW)).toBe(null);
    expect(verify(from("52.89.214.238", `{"passphrase":"${PASSPHRASE}x"}`), NOW)).toBe(null);
    expect(verify(from("52.89.214.238", "{}"), NOW)).toBe(null);
    expect(verify(from("52.89.214.238", "\u0000not an alert"), NOW)).toBe(null);
  });

  it("refuses a passphrase written with escapes, which could not be blanked", () => {
    const escaped = `\\u0063${PASSPHRASE.slice(1)}`;
    expect(tradingViewPassphrase(Buffer.from(`{"passphrase":"${escaped}"}`), "application/json")).toBe(PASSPHRASE);
    expect(verify(from("52.89.214.238", `{"passphrase":"${escaped}"}`), NOW)).toBe(null);
  });
});

describe("bearer tokens", () => {
  it("finds the owner, and nobody for anything else", () => {
    const tokens = new BearerTokens([
      { token: "token-of-a-0123456789", owner: "a" },
      { token: "token-of-b-0123456789", owner: "b" },
    ]);
    expect(tokens.ownerOf("Bearer token-of-b-0123456789")).toBe("b");
    expect(tokens.ownerOf("bearer token-of-a-0123456789")).toBe("a");
    for (const wrong of [
      "",
      "Bearer",
      "Bearer ",
      "token-of-a-0123456789",
      "Bearer token-of-a-012345678",
      "Basic YTpi",
    ]) {
      expect(tokens.ownerOf(wrong), wrong).toBe(null);
    }
    expect(() => new BearerTokens([{ token: "short", owner: 1 }])).toThrow(/16/);
  });
});

describe("limits at the door", () => {
  it("refills a token bucket at its rate and never beyond its burst", () => {
    const bucket = new TokenBucket(10, 2);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
    expect(bucket.retryAfterS()).toBe(1);
    expect(bucket.take(99e6)).toBe(false);
    expect(bucket.take(101e6)).toBe(true);
    expect([bucket.take(60e9), bucket.take(60e9), bucket.take(60e9)]).toEqual([true, true, false]);
  });

  it("counts an address's failures of a minute, by /64 for IPv6, in bounded memory", () => {
    const failures = new AuthFailures(2, 2);
    const counted = (address: string, nowNs: number) => failures.count(address, nowNs);
    expect([0, 1, 59e9].map((nowNs) => counted("1.1.1.1", nowNs))).toEqual(["under", "reached", "over"]);
    expect(counted("1.1.1.1", 60e9), "a minute is over").toBe("under");
    expect(counted("1.1.1.2", 60e9)).toBe("under");
    expect(counted("2001:db8:0:1:0:0:0:1", 60e9)).toBe("under");
    expect(counted("2001:db8:0:1:9:9:9:9", 60e9)).toBe("reached");
    expect(counted("2001:db8:0:2:0:0:0:1", 60e9)).toBe("under");
    expect(counted("1.1.1.2", 60e9), "the oldest is forgotten").toBe("under");
  });

  it("writes addresses as they are listed", () => {
    expect(addressText(new Uint8Array([52, 89, 214, 238]))).toBe("52.89.214.238");
    expect(addressText(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 127, 0, 0, 1]))).toBe("127.0.0.1");
    expect(addressText(new Uint8Array([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1]))).toBe("2001:db8:0:0:0:0:0:1");
  });
});
