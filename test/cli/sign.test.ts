import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { signatureHeaders } from "../../src/cli/sign.ts";
import { Redacted } from "../../src/config/secret.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { createVerifier } from "../../src/gateway/auth.ts";

const message = { id: "s-1", body: '{"asset":"BTC/USDT","note":"ü"}', wallMs: Date.now() };
const bytes = new TextEncoder().encode(message.body);

const request = (headers: Record<string, string>) => ({
  header: (name: string) => headers[name] ?? "",
  contentType: "application/json",
  address: "127.0.0.1",
  body: bytes,
});

describe("signatures", () => {
  const whsec = `whsec_${randomBytes(32).toString("base64")}`;

  it("are what the official Standard Webhooks package verifies", () => {
    const headers = signatureHeaders("standard-webhooks", new Redacted(whsec), message);
    expect(new Webhook(whsec).verify(message.body, headers)).toEqual(JSON.parse(message.body));
    expect(() => new Webhook(whsec).verify(`${message.body} `, headers)).toThrow();
  });

  it.each(["standard-webhooks", "github", "stripe"] as const)("%s is what our own receiver takes", (type) => {
    const secret = type === "standard-webhooks" ? whsec : "a-secret-of-some-length-for-hmac";
    const verify = createVerifier({ type, secrets: [{ id: "one", secret }] });
    const headers = signatureHeaders(type, new Redacted(secret), message);
    expect(verify(request(headers), message.wallMs as EpochMs).keyId).toBe("one");
    const wrong = signatureHeaders(type, new Redacted(secret), { ...message, body: "{}" });
    expect(verify(request(wrong), message.wallMs as EpochMs).keyId).toBeNull();
  });

  it("refuses a secret that is no base64, without printing it", () => {
    expect(() => signatureHeaders("standard-webhooks", new Redacted("whsec_sw*rdfish"), message)).toThrow(
      /^(?!.*sw\*rdfish)/,
    );
  });
});
