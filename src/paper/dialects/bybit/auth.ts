/**
 * Bybit V5 authentication: HMAC-SHA256 over the exact bytes of a REST request, once per WebSocket connection over an
 * expiry, and the time window an order is good for.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { PaperAccount } from "../../account.ts";
import type { PaperKey } from "../../api-key.ts";
import { invalid, missing, refusal } from "./errors.ts";

export type BybitKeys = ReadonlyMap<string, PaperKey>;

/** The headers a signed REST request carries. Undefined: not sent. */
export interface SignedHeaders {
  readonly apiKey: string | undefined;
  readonly timestamp: string | undefined;
  readonly recvWindow: string | undefined;
  readonly sign: string | undefined;
}

/** `payload` is the query as sent for GET, the body for POST. Throws 10003, 10004, 10001 or 10002. */
export function verifyRest(keys: BybitKeys, headers: SignedHeaders, payload: string, serverMs: number): PaperAccount {
  const { apiKey, timestamp, recvWindow, sign } = headers;
  const key = apiKey === undefined ? undefined : keys.get(apiKey);
  if (apiKey === undefined || key === undefined) throw refusal(10003, "API key is invalid.");
  if (timestamp === undefined) throw missing("X-BAPI-TIMESTAMP");
  if (sign === undefined || !signatureHolds(key, `${timestamp}${apiKey}${recvWindow ?? ""}${payload}`, sign))
    throw refusal(10004, "error sign! origin_string[hidden]");
  checkWindow(timestamp, recvWindow, serverMs);
  return key.account;
}

/** `["api key", expires, "signature"]` of a WebSocket `auth`. Throws what is wrong with it. */
export function verifySocket(keys: BybitKeys, args: readonly unknown[], serverMs: number): PaperAccount {
  const [apiKey, expires, sign] = args;
  const expiresText = typeof expires === "number" ? String(expires) : expires;
  if (typeof apiKey !== "string" || typeof expiresText !== "string" || typeof sign !== "string") throw invalid("args");
  const key = keys.get(apiKey);
  if (key === undefined) throw refusal(10003, "Invalid apikey");
  if (!/^\d{1,16}$/.test(expiresText) || Number(expiresText) <= serverMs)
    throw refusal(10004, "Params Error: expires is in the past");
  if (!signatureHolds(key, `GET/realtime${expiresText}`, sign)) throw refusal(10004, "Invalid sign");
  return key.account;
}

const RECV_WINDOW_DEFAULT = "5000";

/** Throws 10002 unless server time - window <= timestamp < server time + 1 s. Asked when the request is executed. */
export function checkWindow(timestamp: unknown, recvWindow: unknown, serverMs: number): void {
  const window = recvWindow ?? RECV_WINDOW_DEFAULT;
  if (typeof timestamp !== "string" || !/^\d{1,16}$/.test(timestamp)) throw missing("X-BAPI-TIMESTAMP");
  if (typeof window !== "string" || !/^\d{1,6}$/.test(window)) throw invalid("X-BAPI-RECV-WINDOW");
  const stampMs = Number(timestamp);
  if (stampMs >= serverMs - Number(window) && stampMs < serverMs + 1000) return;
  throw refusal(
    10002,
    "invalid request, please check your server timestamp or recv_window param. " +
      `req_timestamp[${timestamp}],server_timestamp[${serverMs}],recv_window[${window}]`,
  );
}

function signatureHolds({ type, key }: PaperKey, payload: string, sign: string): boolean {
  // Bybit's other kind of key is RSA, which this venue does not have.
  if (type !== "hmac") return false;
  const expected = createHmac("sha256", key).update(payload).digest("hex");
  return sign.length === expected.length && timingSafeEqual(Buffer.from(sign), Buffer.from(expected));
}
