/**
 * Cases for the receiver's port: whole HTTP requests and WebSocket conversations, good ones bent a little.
 *
 * The same seed and round give the same bytes. They are signed for `WALL_MS`, which is what the fuzzed server's clock says, so
 * a case that is kept can be sent again years later.
 */
import { createHash, createHmac } from "node:crypto";
import { DIRECTIONS } from "../../src/domain/signal.ts";
import type { Prng } from "../../src/sim/prng.ts";
import { encodeFrame } from "../../src/wire/encode.ts";
import { decodedSignal, FEED_TOKEN, PASSPHRASE, SECRET } from "../gateway/support.ts";
import { BYTE_MUTATIONS, bendJson, insertToken, mutant } from "./mutate.ts";
import { hostileFrame, prngOf } from "./targets.ts";

export const WALL_MS = 1_760_000_000_000;
export const TV_PATH = "tv-7f3c9a51d2e84b60";

export interface SocketCase {
  readonly kind: "http" | "feed";
  /** Written one after the other. In a feed the first is the handshake, and the rest waits for its 101. */
  readonly writes: readonly Buffer[];
  /** Leaves without reading. */
  readonly rude: boolean;
  /** SHA-256 of every body in it that was signed as it stands: what a server may act on. */
  readonly signed: readonly string[];
}

/** Of a body, as the server and the client compare it. */
export const fingerprint = (body: Uint8Array): string => createHash("sha256").update(body).digest("base64");

export function socketCase(seed: number, round: number): SocketCase {
  const prng = prngOf(seed, round);
  return prng.int(4) === 0 ? feedCase(prng, round) : httpCase(prng, `${seed}-${round}`);
}

// HTTP -------------------------------------------------------------------------------------------------------------------

interface Request {
  method: string;
  path: string;
  version: string;
  headers: [name: string, value: string][];
  body: Buffer;
}

function httpCase(prng: Prng, id: string): SocketCase {
  const signed: string[] = [];
  const requests = Array.from({ length: prng.int(8) === 0 ? 2 + prng.int(4) : 1 }, (_, n) =>
    request(prng, `${id}-${n}`, signed),
  );
  for (let more = prng.int(6) > 0; more; more = prng.int(3) === 0) {
    bend(pick(prng, requests), prng);
  }
  let bytes: Buffer = Buffer.concat(requests.map(serialized));
  if (prng.int(3) === 0) bytes = Buffer.from(mutant([bytes], RAW_MUTATIONS, 70_000, prng));
  if (prng.int(40) === 0) bytes = Buffer.from(Array.from({ length: prng.int(600) }, () => prng.int(256)));
  return { kind: "http", writes: pieces(bytes, prng), rude: prng.int(8) === 0, signed };
}

function request(prng: Prng, id: string, signed: string[]): Request {
  const alert = prng.int(4) === 0;
  const kind = pick(prng, ["hedge", "close", "open", "evidence"]);
  const asset = pick(prng, ["BTCUSDT.P", "ETHUSDT.P", "XYZ"]);
  let body = Buffer.from(alert ? alertBody(id, prng) : schemaBody(id, kind, asset, WALL_MS - prng.int(40_000)));
  // Bent before it is signed: what an authenticated sender's bug would send.
  if (prng.int(4) === 0) body = Buffer.from(mutant([body], [bendJson, ...BYTE_MUTATIONS], 4_096, prng));
  const made = signedRequest(id, body, String(WALL_MS / 1000 - prng.int(100)));
  if (alert) {
    // Signed all the same: a bent address may take it to the other hook.
    signed.push(fingerprint(body));
    made.path = `/hooks/${TV_PATH}`;
    if (prng.int(2) === 0) made.headers[1] = ["content-type", "text/plain"];
    return made;
  }
  const proof = prng.int(10);
  if (proof > 0) signed.push(fingerprint(body));
  if (proof === 0) made.headers[4] = ["webhook-signature", `v1,${Buffer.alloc(32).toString("base64")}`];
  if (proof === 1) made.body = Buffer.concat([body, Buffer.from(" ")]);
  made.headers[5] = ["content-length", String(made.body.length)];
  return made;
}

function signedRequest(id: string, body: Buffer, timestamp: string): Request {
  const key = Buffer.from(SECRET.slice(6), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return {
    method: "POST",
    path: "/hooks/sample",
    version: "HTTP/1.1",
    headers: [
      ["host", "x"],
      ["content-type", "application/json"],
      ["webhook-id", id],
      ["webhook-timestamp", timestamp],
      ["webhook-signature", `v1,${mac}`],
      ["content-length", String(body.length)],
    ],
    body,
  };
}

/** With nothing wrong about it, and the fingerprint of its body. */
export function goodRequest(id: string): { readonly bytes: Buffer; readonly body: string } {
  const body = Buffer.from(schemaBody(id, "hedge", "BTCUSDT.P", WALL_MS));
  return { bytes: serialized(signedRequest(id, body, String(WALL_MS / 1000))), body: fingerprint(body) };
}

function schemaBody(id: string, kind: string, asset: string, generatedAtMs: number): string {
  return JSON.stringify({
    signal_id: id,
    model: "m",
    model_version: "1",
    kind,
    asset,
    direction: "long",
    confidence: 0.5,
    time_horizon: "4h",
    generated_at: generatedAtMs,
  });
}

function alertBody(id: string, prng: Prng): string {
  const passphrase = prng.int(3) === 0 ? `${PASSPHRASE.slice(0, -1)}x` : PASSPHRASE;
  const time = new Date(WALL_MS - prng.int(40_000)).toISOString();
  const fields = { id, ticker: "BTCUSDT.P", market_position: pick(prng, DIRECTIONS), time, passphrase };
  if (prng.int(2) === 0) return JSON.stringify(fields);
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

const METHODS = ["GET", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE", "BREW", "post", "", "PRI", "POST POST"] as const;
const PATHS = [
  "/",
  "*",
  "/feed",
  "/hooks",
  "/hooks/",
  "/hooks/x",
  "/hooks/%00",
  "/hooks/../hooks/sample",
  "http://x/",
  "/hooks/sample?a=b",
  "/hooks/sample#a",
  "//hooks/sample",
  `/${"a".repeat(3_000)}`,
] as const;
const HEADERS: readonly [string, string][] = [
  ["host", "y"],
  ["HOST", ""],
  ["content-length", "0"],
  ["content-length", "5"],
  ["Content-Length", "70000"],
  ["content-length", "-1"],
  ["transfer-encoding", "chunked"],
  ["Transfer-Encoding", "xchunked"],
  ["transfer-encoding ", "chunked"],
  ["expect", "100-continue"],
  ["connection", "close"],
  ["connection", "upgrade"],
  ["upgrade", "websocket"],
  ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["authorization", `Bearer ${FEED_TOKEN}`],
  ["origin", "http://evil.example"],
  ["content-encoding", "gzip"],
  ["content-type", "text/plain"],
  ["webhook-signature", "v1,AAAA"],
  ["webhook-timestamp", "1e9"],
  ["x-forwarded-for", "52.89.214.238"],
  ["", "y"],
  ["a", "b\r\n c"],
  ["a\0", "b"],
  ["a", "b".repeat(4_000)],
];
const VALUES = [
  "",
  "0",
  "-1",
  "+5",
  "0x10",
  "1, 1",
  "99999999999999999999",
  "chunked",
  "x".repeat(300),
  "\t5",
  "5 ",
  "\u0661",
] as const;

/** One change to a request's structure. */
function bend(one: Request, prng: Prng): void {
  const at = prng.int(Math.max(1, one.headers.length));
  const header = one.headers[at];
  switch (prng.int(10)) {
    case 0:
      one.method = pick(prng, METHODS);
      break;
    case 1:
      one.path = pick(prng, PATHS);
      break;
    case 2:
      one.version = pick(prng, ["HTTP/1.0", "HTTP/2.0", "HTTP/1.11", "", "http/1.1"]);
      break;
    case 3:
      one.headers.splice(at, 1);
      break;
    case 4:
      if (header !== undefined) one.headers.push([header[0].toUpperCase(), header[1]]);
      break;
    case 5:
      if (header !== undefined) header[1] = pick(prng, VALUES);
      break;
    case 6:
      one.body = Buffer.from(mutant([one.body], BYTE_MUTATIONS, 4_096, prng));
      break;
    case 7:
      one.body = Buffer.concat([
        one.body,
        Buffer.from("POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"),
      ]);
      break;
    default:
      one.headers.splice(prng.int(one.headers.length + 1), 0, [...pick(prng, HEADERS)]);
  }
}

function serialized({ method, path, version, headers, body }: Request): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${path} ${version}\r\n${lines}\r\n`, "latin1"), body]);
}

const RAW_MUTATIONS = [
  ...BYTE_MUTATIONS,
  insertToken([
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\r\n\r\n",
    " ",
    "\t",
    ":",
    "\xff",
    "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
    "content-length: 3\r\n",
  ]),
];

// Feed -------------------------------------------------------------------------------------------------------------------

/** A feed that may not come in sends only frames of this id: should one be accepted, a door stood open. */
export const INTRUDER = "intruder";

function feedCase(prng: Prng, round: number): SocketCase {
  const honest = prng.int(5) > 0;
  const authorization = honest
    ? `Bearer ${FEED_TOKEN}`
    : pick(prng, [
        "",
        "Bearer ",
        `Bearer ${FEED_TOKEN}x`,
        `Basic ${FEED_TOKEN}`,
        FEED_TOKEN,
        `Bearer  ${FEED_TOKEN.slice(1)}`,
      ]);
  const handshake: Request = {
    method: "GET",
    path: "/feed",
    version: "HTTP/1.1",
    headers: [
      ["host", "x"],
      ["upgrade", "websocket"],
      ["connection", "upgrade"],
      ["sec-websocket-version", "13"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["authorization", authorization],
    ],
    body: Buffer.alloc(0),
  };
  // A bent handshake of an honest client may lose its token, never of a dishonest one win it.
  if (honest && prng.int(6) === 0) bend(handshake, prng);
  const frames = Array.from({ length: 1 + prng.int(6) }, (_, n) => {
    const signal = decodedSignal({
      signalId: honest ? `f-${round}-${n}` : INTRUDER,
      asset: "BTCUSDT.P",
      generatedAtMs: WALL_MS as never,
    });
    const plain = encodeFrame(signal);
    const payload = honest && prng.int(2) === 0 ? hostileFrame(prng) : plain;
    return frame(Buffer.from(payload), prng);
  });
  let bytes: Buffer = Buffer.concat(frames);
  if (honest && prng.int(6) === 0) bytes = Buffer.from(mutant([bytes], BYTE_MUTATIONS, 16_384, prng));
  return { kind: "feed", writes: [serialized(handshake), ...pieces(bytes, prng)], rude: prng.int(8) === 0, signed: [] };
}

/** RFC 6455 §5.2, with each of its fields wrong now and then. */
function frame(payload: Buffer, prng: Prng): Buffer {
  const odd = prng.int(3) === 0;
  const fin = !(odd && prng.int(3) === 0);
  const reserved = odd && prng.int(6) === 0 ? 1 + prng.int(7) : 0;
  const opcode = odd ? pick(prng, [0, 1, 2, 2, 3, 7, 8, 9, 10, 11, 15]) : 2;
  const masked = !(odd && prng.int(6) === 0);
  const stated =
    odd && prng.int(4) === 0
      ? pick(prng, [0, 125, 126, 127, 65_535, 65_536, 2 ** 31, payload.length + 1])
      : payload.length;
  const form = stated > 65_535 ? 127 : stated > 125 || (odd && prng.int(8) === 0) ? 126 : stated;
  const head = [((fin ? 1 : 0) << 7) | (reserved << 4) | opcode, ((masked ? 1 : 0) << 7) | form];
  const length = Buffer.alloc(form === 127 ? 8 : form === 126 ? 2 : 0);
  if (form === 127) length.writeBigUInt64BE(BigInt(stated));
  else if (form === 126) length.writeUInt16BE(Math.min(stated, 65_535));
  const mask = Buffer.from([prng.int(256), prng.int(256), prng.int(256), prng.int(256)]);
  const body = masked ? payload.map((byte, n) => byte ^ (mask[n % 4] as number)) : payload;
  return Buffer.concat([Buffer.from(head), length, masked ? mask : Buffer.alloc(0), body]);
}

// Both -------------------------------------------------------------------------------------------------------------------

/** One write mostly; now and then several, so that the parser has to remember. */
function pieces(bytes: Buffer, prng: Prng): Buffer[] {
  if (bytes.length < 2 || prng.int(5) > 0) return [bytes];
  const cut = 1 + prng.int(bytes.length - 1);
  return [bytes.subarray(0, cut), bytes.subarray(cut)];
}

function pick<T>(prng: Prng, from: readonly T[]): T {
  return from[prng.int(from.length)] as T;
}
