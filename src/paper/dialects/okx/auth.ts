/**
 * OKX V5 authentication: one `login` per WebSocket, four headers per REST request, a passphrase with both.
 *
 * Signatures are really verified: base64 HMAC-SHA256 over exactly the bytes that OKX documents. A key is good for the live
 * and for the demo environment alike (`x-simulated-trading`): a paper venue is neither.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { PaperKey } from "../../api-key.ts";
import { Refusal } from "../../failure.ts";
import type { RestRequest } from "../dialect.ts";

/** Of a signed request, either way. */
const WINDOW_MS = 30_000;
const LOGIN_PATH = "GET/users/self/verify";

/** The key that a `login` argument proves. Throws a `Refusal` with one of the 60xxx codes. */
export function verifyLogin(keys: ReadonlyMap<string, PaperKey>, argument: unknown, serverMs: number): PaperKey {
  const { apiKey, passphrase, timestamp, sign } = fieldsOf(argument);
  if (typeof timestamp !== "string" || !/^\d{10}(\.\d{1,6})?$/.test(timestamp))
    throw new Refusal(200, 60004, "Invalid timestamp");
  const key = typeof apiKey === "string" ? keys.get(apiKey) : undefined;
  if (key === undefined) throw new Refusal(200, 60005, "Invalid apiKey");
  if (Math.abs(serverMs - Number(timestamp) * 1000) > WINDOW_MS)
    throw new Refusal(200, 60006, "Timestamp request expired");
  if (!signatureHolds(key, timestamp + LOGIN_PATH, sign)) throw new Refusal(200, 60007, "Invalid sign");
  if (passphrase !== key.passphrase) throw new Refusal(200, 60024, "Wrong passphrase");
  return key;
}

/** The key whose signature a REST request carries. Throws a `Refusal` with HTTP 401 and one of the 501xx codes. */
export function verifyRequest(
  keys: ReadonlyMap<string, PaperKey>,
  { method, path, query, body, headers }: RestRequest,
  serverMs: number,
): PaperKey {
  const apiKey = header(headers, "ok-access-key", 50103);
  const passphrase = header(headers, "ok-access-passphrase", 50104);
  const sign = header(headers, "ok-access-sign", 50106);
  const timestamp = header(headers, "ok-access-timestamp", 50107);
  const simulated = headers["x-simulated-trading"] ?? "0";
  if (simulated !== "0" && simulated !== "1") throw unauthorized(50101, "APIKey does not match current environment.");
  const key = keys.get(apiKey);
  if (key === undefined) throw unauthorized(50111, "Invalid OK-ACCESS-KEY.");
  const stampMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(timestamp)
    ? Date.parse(timestamp)
    : secondsOf(timestamp);
  if (Number.isNaN(stampMs)) throw unauthorized(50112, "Invalid OK-ACCESS-TIMESTAMP.");
  if (Math.abs(serverMs - stampMs) > WINDOW_MS) throw unauthorized(50102, "Timestamp request expired.");
  if (passphrase !== key.passphrase) throw unauthorized(50105, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.');
  const target = query === "" ? path : `${path}?${query}`;
  if (!signatureHolds(key, timestamp + method + target + body, sign)) throw unauthorized(50113, "Invalid signature.");
  return key;
}

function header(headers: IncomingHttpHeaders, name: string, missingCode: number): string {
  const value = headers[name];
  if (typeof value !== "string" || value === "")
    throw unauthorized(missingCode, `Request header "${name.toUpperCase()}" cannot be empty.`);
  return value;
}

function unauthorized(code: number, msg: string): Refusal {
  return new Refusal(401, code, msg);
}

function secondsOf(text: string): number {
  return /^\d{10}(\.\d{1,6})?$/.test(text) ? Number(text) * 1000 : Number.NaN;
}

function signatureHolds({ type, key }: PaperKey, payload: string, sign: unknown): boolean {
  if (type !== "hmac" || typeof sign !== "string") return false;
  const expected = Buffer.from(createHmac("sha256", key).update(payload).digest("base64"));
  const given = Buffer.from(sign);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
