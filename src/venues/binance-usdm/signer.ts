/**
 * Signer: turns a request's payload into its signature. The secret lives in a closure and is never part of an object that
 * could be printed.
 *
 * HMAC-SHA256 keys sign every order (wasm/sha256.ts, from midstates: ~3 µs). Ed25519 keys sign one `session.logon` per
 * connection and no order at all (~70 µs each would be the largest cost of the path).
 */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { createHmacSha256 } from "../../wasm/sha256.ts";
import { VenueError } from "../venue-error.ts";

export interface BinanceCredentials {
  readonly apiKey: string;
  readonly secret:
    | { readonly type: "hmac"; readonly secret: string }
    | { readonly type: "ed25519"; readonly privateKeyPem: string };
}

export interface BinanceSigner {
  readonly apiKey: string;
  /** True: one `session.logon` per order connection, then orders carry neither key nor signature. */
  readonly sessionLogon: boolean;
  /** Lower-case hex for HMAC, base64 for Ed25519. */
  sign(payload: string): string;
  /** The same of `payload[0..byteCount)`, written into `out` at `at`; returns where it ends. */
  signInto(payload: Buffer, byteCount: number, out: Buffer, at: number): number;
}

export function createBinanceSigner(credentials: BinanceCredentials): BinanceSigner {
  const { apiKey, secret } = credentials;
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(apiKey)) {
    throw new VenueError("AUTH", "apiKey", "apiKey must be 1 to 128 letters, digits, - or _");
  }
  if (secret.type === "hmac") {
    if (secret.secret.length === 0) throw new VenueError("AUTH", "secret", "secret is empty");
    const hmac = createHmacSha256(Buffer.from(secret.secret, "utf8"));
    return {
      apiKey,
      sessionLogon: false,
      sign: (payload) => hmac.signHex(payload),
      signInto(payload, byteCount, out, at) {
        hmac.signHexInto(payload, byteCount, out, at);
        return at + HMAC_HEX_CHARS;
      },
    };
  }
  const key = ed25519Key(secret.privateKeyPem);
  const base64 = (payload: Buffer) => sign(null, payload, key).toString("base64");
  return {
    apiKey,
    sessionLogon: true,
    sign: (payload) => base64(Buffer.from(payload)),
    signInto: (payload, byteCount, out, at) => at + out.write(base64(payload.subarray(0, byteCount)), at, "latin1"),
  };
}

const HMAC_HEX_CHARS = 64;

function ed25519Key(pem: string): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The parser's own error is dropped: it may quote the key.
  }
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new VenueError("AUTH", "privateKeyPem", "privateKeyPem is not an Ed25519 private key in PEM form");
  }
  return key;
}
