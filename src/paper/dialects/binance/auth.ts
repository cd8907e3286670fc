/**
 * Binance authentication, USDM and spot alike: signatures, and the time window a signed request is good for.
 *
 * Signatures are really verified: HMAC-SHA256 in hex or Ed25519 in base64, over exactly the bytes the caller hands in.
 */
import { createHmac, timingSafeEqual, verify } from "node:crypto";
import type { PaperKey } from "../../api-key.ts";
import { Refusal } from "../../failure.ts";

/** Throws -1022 unless `signature` is that key's over `payload`. */
export function verifySignature(key: PaperKey, payload: string, signature: string): void {
  if (!signatureHolds(key, payload, signature))
    throw new Refusal(400, -1022, "Signature for this request is not valid.");
}

function signatureHolds({ type, key }: PaperKey, payload: string, signature: string): boolean {
  if (type === "ed25519") {
    const bytes = Buffer.from(signature, "base64");
    return bytes.length === 64 && verify(null, Buffer.from(payload), key, bytes);
  }
  const expected = createHmac("sha256", key).update(payload).digest("hex");
  return signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}

const RECV_WINDOW_DEFAULT_MS = 5000;
const RECV_WINDOW_MAX_MS = 60_000;

/** Throws unless `timestamp` is within [server time - recvWindow, server time + 1 s). Asked when the request is executed. */
export function checkWindow(params: ReadonlyMap<string, string>, serverMs: number): void {
  const timestamp = params.get("timestamp");
  if (timestamp === undefined || !/^\d{1,16}$/.test(timestamp)) throw missing("timestamp");
  const window = params.get("recvWindow");
  if (window !== undefined && !/^\d{1,6}(\.\d{1,3})?$/.test(window)) throw missing("recvWindow");
  const windowMs = window === undefined ? RECV_WINDOW_DEFAULT_MS : Number(window);
  if (windowMs > RECV_WINDOW_MAX_MS) throw new Refusal(400, -1131, "recvWindow must be less than 60000.");
  const ageMs = serverMs - Number(timestamp);
  if (ageMs <= -1000)
    throw new Refusal(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  if (ageMs > windowMs) throw new Refusal(400, -1021, "Timestamp for this request is outside of the recvWindow.");
}

export function missing(field: string): Refusal {
  return new Refusal(400, -1102, `Mandatory parameter '${field}' was not sent, was empty/null, or malformed.`);
}

/** All parameters but the signature, alphabetically, as `k=v` joined by `&`: what the WebSocket API signs. */
export function sortedPayload(params: ReadonlyMap<string, string>): string {
  let payload = "";
  for (const name of [...params.keys()].sort()) {
    if (name === "signature") continue;
    payload += `${payload === "" ? "" : "&"}${name}=${params.get(name)}`;
  }
  return payload;
}

/** The query string and body as sent, without their signature: what REST signs. */
export function sentPayload(query: string, body: string): string {
  return (query + body)
    .split("&")
    .filter((pair) => !pair.startsWith("signature="))
    .join("&");
}
