/**
 * Signer of OKX V5: base64 HMAC-SHA256 for logins and REST. Secret and passphrase live in closures and are part of no object
 * that could be printed.
 */
import { createHmacSha256 } from "../../wasm/sha256.ts";
import { VenueError } from "../venue-error.ts";

export interface OkxCredentials {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
}

export interface OkxSigner {
  /** The text that logs a WebSocket on; `stampMs` is venue time. Good for 30 s. */
  login(stampMs: number): string;
  /** Headers of a GET; `target` is path and query as they are sent. */
  headers(target: string, stampMs: number): Readonly<Record<string, string>>;
}

const NO_BYTES = Buffer.alloc(0);

export function createOkxSigner({ apiKey, secret, passphrase }: OkxCredentials): OkxSigner {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(apiKey))
    throw new VenueError("AUTH", "apiKey", "apiKey must be 1 to 128 letters, digits, - or _");
  if (secret.length === 0) throw new VenueError("AUTH", "secret", "secret is empty");
  if (!/^[\x20-\x7e]{1,128}$/.test(passphrase))
    throw new VenueError("AUTH", "passphrase", "passphrase must be 1 to 128 printable ASCII characters");
  const { signBytes } = createHmacSha256(Buffer.from(secret, "utf8"));
  const sign = (payload: string) => signBytes(payload, NO_BYTES).toString("base64");
  return {
    login(stampMs) {
      const timestamp = String(Math.floor(stampMs / 1000));
      const args = [{ apiKey, passphrase, timestamp, sign: sign(`${timestamp}GET/users/self/verify`) }];
      return JSON.stringify({ op: "login", args });
    },
    headers(target, stampMs) {
      const timestamp = new Date(stampMs).toISOString();
      return {
        "OK-ACCESS-KEY": apiKey,
        "OK-ACCESS-SIGN": sign(`${timestamp}GET${target}`),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": passphrase,
      };
    },
  };
}
