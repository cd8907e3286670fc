/**
 * Signing as a sender does, for `outrigger send`: headers that the source's verifier accepts.
 */
import { createHmac } from "node:crypto";
import type { AuthConfig } from "../config/schema-sources.ts";
import type { Redacted } from "../config/secret.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

export interface Signing {
  readonly id: string;
  readonly body: string;
  readonly wallMs: number;
}

/** Empty for a source that does not sign. */
export function signatureHeaders(type: AuthConfig["type"], secret: Redacted, message: Signing): Record<string, string> {
  const timestamp = Math.floor(message.wallMs / 1000);
  switch (type) {
    case "standard-webhooks": {
      const signature = hmac(webhookKey(secret), `${message.id}.${timestamp}.${message.body}`).toString("base64");
      return {
        "webhook-id": message.id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": `v1,${signature}`,
      };
    }
    case "github":
      return { "x-hub-signature-256": `sha256=${hmac(secret.reveal(), message.body).toString("hex")}` };
    case "stripe": {
      const signature = hmac(secret.reveal(), `${timestamp}.${message.body}`).toString("hex");
      return { "stripe-signature": `t=${timestamp},v1=${signature}` };
    }
    case "tradingview":
    case "bearer":
      return {};
  }
}

function webhookKey(secret: Redacted): Buffer {
  const encoded = secret.reveal().replace(/^whsec_/, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    throw new CommandFailure(EXIT_CODES.usage, "SECRET_MALFORMED", "the source's secret is not whsec_ and base64");
  }
  return Buffer.from(encoded, "base64");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
