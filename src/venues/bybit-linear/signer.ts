/**
 * Signer of a Bybit HMAC key: REST requests one by one, sockets once each. The secret lives in a closure and is never part of
 * an object that could be printed.
 */
import { createHmacSha256 } from "../../wasm/sha256.ts";
import { VenueError } from "../venue-error.ts";

export interface BybitCredentials {
  readonly apiKey: string;
  readonly secret: string;
}

export interface BybitSigner {
  readonly apiKey: string;
  /** Lower-case hex. */
  sign(payload: string): string;
  /** The `auth` frame of a socket of any kind, good from now for `AUTH_VALID_MS`. */
  authFrame(venueMs: number): string;
}

/** As long as its way there may take. */
const AUTH_VALID_MS = 10_000;

export function createBybitSigner({ apiKey, secret }: BybitCredentials): BybitSigner {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(apiKey))
    throw new VenueError("AUTH", "apiKey", "apiKey must be 1 to 128 letters, digits, - or _");
  if (secret.length === 0) throw new VenueError("AUTH", "secret", "secret is empty");
  const sign = createHmacSha256(Buffer.from(secret, "utf8")).signHex;
  return {
    apiKey,
    sign,
    authFrame(venueMs) {
      const expiresMs = venueMs + AUTH_VALID_MS;
      return `{"op":"auth","args":["${apiKey}",${expiresMs},"${sign(`GET/realtime${expiresMs}`)}"]}`;
    },
  };
}
