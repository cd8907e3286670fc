/**
 * Every route of both ports × {no token, bad token, foreign Origin, foreign Host, wrong method}: nothing happens without a proof.
 *
 * The tables are held against the source, so that a route which is added without a line here is an error.
 */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { type ControlApi, startControlApi } from "../../src/observe/control-api.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import {
  FEED_TOKEN,
  type Harness,
  PASSPHRASE,
  raw,
  rawPost,
  schemaBody,
  signedHeaders,
  startHarness,
} from "../gateway/support.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
const source = (file: string) => readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");

const TV_PATH = "/hooks/tv-7f3c9a51d2e84b60";
const RECEIVER_ROUTES = ["post /hooks/:source", "socket /feed", "any /hooks/:source", "any /feed", "any /*"];
const CONTROL_ROUTES = [
  "get /status",
  "get /positions",
  "post /kill",
  "post /resume",
  "post /kill/part",
  "post /state",
  "post /breakers/acknowledge",
  "post /limits",
  "post /venues/without",
  "post /weights",
  "get /dlq",
  "post /dlq/replay",
  "post /dlq/discard",
  "get /dlq/:position",
];

/** A request, and the status it has to get. 0: closed without an answer. */
interface Case {
  readonly name: string;
  readonly bytes: () => string;
  readonly status: readonly number[];
}

describe("receiver", () => {
  it("has the routes of this table and no other", () => {
    const text = source("gateway/receiver.ts");
    const routes = [...text.matchAll(/\.route\("(\w+)", "([^"]+)"|\.socket\("([^"]+)"/g)].map(
      ([, method, path, socket]) => (socket === undefined ? `${method} ${path}` : `socket ${socket}`),
    );
    expect(routes.sort()).toEqual([...RECEIVER_ROUTES].sort());
  });

  const alert = `ticker=BTCUSDT passphrase=${PASSPHRASE}`;
  const upgrade = (headers: string, host = "x") =>
    `GET /feed HTTP/1.1\r\nhost: ${host}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
  const json = { "content-type": "application/json" };
  const text = { "content-type": "text/plain" };
  const good = schemaBody();
  const changed = schemaBody();
  const cases: Case[] = [
    { name: "hook without a signature", bytes: () => rawPost("/hooks/sample", json, good), status: [401] },
    {
      name: "hook with the feed's token instead",
      bytes: () => rawPost("/hooks/sample", { ...json, authorization: `Bearer ${FEED_TOKEN}` }, good),
      status: [401],
    },
    {
      name: "hook with the signature of another body",
      bytes: () => rawPost("/hooks/sample", signedHeaders(good), changed),
      status: [401],
    },
    {
      name: "hook signed with another secret",
      bytes: () =>
        rawPost("/hooks/sample", signedHeaders(good, `whsec_${Buffer.alloc(32, 8).toString("base64")}`), good),
      status: [401],
    },
    {
      name: "hook from a page of another origin, unsigned",
      bytes: () => rawPost("/hooks/sample", { ...text, origin: "http://evil.example" }, good),
      status: [415],
    },
    {
      name: "hook from a page that may set its type, unsigned",
      bytes: () => rawPost("/hooks/sample", { ...json, origin: "http://evil.example" }, good),
      status: [401],
    },
    {
      name: "preflight of a page",
      bytes: () =>
        "OPTIONS /hooks/sample HTTP/1.1\r\nhost: x\r\norigin: http://evil.example\r\naccess-control-request-method: POST\r\n\r\n",
      status: [405],
    },
    {
      name: "hook at a foreign host, unsigned",
      bytes: () => rawPost("/hooks/sample", json, good).replace("host: x", "host: evil.example"),
      status: [401],
    },
    {
      name: "hook by GET, signed",
      bytes: () => rawPost("/hooks/sample", signedHeaders(good), good).replace("POST", "GET"),
      status: [405],
    },
    {
      name: "hook by PUT, signed",
      bytes: () => rawPost("/hooks/sample", signedHeaders(good), good).replace("POST", "PUT"),
      status: [405],
    },
    {
      name: "hook of another source with this one's signature",
      bytes: () => rawPost(TV_PATH, signedHeaders(good), good),
      status: [401],
    },
    { name: "alert without passphrase", bytes: () => rawPost(TV_PATH, text, "ticker=BTCUSDT"), status: [401] },
    {
      name: "alert with a wrong passphrase",
      bytes: () => rawPost(TV_PATH, text, alert.replace("horse", "house")),
      status: [401],
    },
    {
      name: "alert with the passphrase in the address",
      bytes: () => rawPost(`${TV_PATH}?passphrase=${PASSPHRASE}`, text, "ticker=BTCUSDT"),
      status: [401],
    },
    { name: "feed without a token", bytes: () => upgrade(""), status: [401] },
    {
      name: "feed with a wrong token",
      bytes: () => upgrade(`authorization: Bearer ${FEED_TOKEN}x\r\n`),
      status: [401],
    },
    {
      name: "feed with a part of the token",
      bytes: () => upgrade(`authorization: Bearer ${FEED_TOKEN.slice(0, -1)}\r\n`),
      status: [401],
    },
    { name: "feed with the token as a cookie", bytes: () => upgrade(`cookie: token=${FEED_TOKEN}\r\n`), status: [401] },
    {
      name: "feed with the token in the address",
      bytes: () => upgrade("").replace("/feed", `/feed?token=${FEED_TOKEN}`),
      status: [401],
    },
    {
      name: "feed of a page, with the token",
      bytes: () => upgrade(`origin: http://evil.example\r\nauthorization: Bearer ${FEED_TOKEN}\r\n`),
      status: [403],
    },
    { name: "feed at a foreign host, without a token", bytes: () => upgrade("", "evil.example"), status: [401] },
    {
      name: "feed by POST, with the token",
      bytes: () => rawPost("/feed", { authorization: `Bearer ${FEED_TOKEN}` }, good),
      status: [405],
    },
    { name: "another path, signed", bytes: () => rawPost("/hooks", signedHeaders(good), good), status: [404] },
    { name: "the operator's path", bytes: () => rawPost("/kill", json, '{"level":2,"reason":"x"}'), status: [404] },
    { name: "a path above", bytes: () => rawPost("/hooks/../hooks/sample", signedHeaders(good), good), status: [404] },
  ];

  it.each(cases)("$name", async ({ bytes, status }) => {
    const harness = await startHarness();
    closers.push(() => harness.receiver.close());
    const { text: answer } = await raw(harness.receiver.port, bytes(), 40);
    expect(status).toContain(statusOf(answer));
    // Neither a signal nor a dead letter: what is not authenticated leaves no trace on disk.
    expect(harness.intake.lsn).toBe(0);
    expect(harness.crashes).toEqual([]);
    expect(answer.toLowerCase()).not.toContain("access-control");
    for (const secret of [PASSPHRASE, FEED_TOKEN]) expect(answer).not.toContain(secret);
  });
});

describe("control API", () => {
  const TOKEN = "control-token-0123456789abcdef";

  it("has the routes of this table and no other", () => {
    const text = source("observe/control-api.ts");
    const routes = [...text.matchAll(/(?:allow\("(\w+)", |\bcommand\()"([^"]+)"/g)].map(
      ([, method = "post", path]) => `${method} ${path}`,
    );
    expect(routes).toEqual(CONTROL_ROUTES);
    // What is behind `allow` passes the guard; anything else has to be the guarded 404.
    expect([...text.matchAll(/server\.(?:route|socket)\(([^,]+), ([^,]+)/g)].map(([, , path]) => path)).toEqual([
      "path",
      "path",
      '"/*"',
    ]);
  });

  const attempts: readonly (readonly [string, readonly string[], number])[] = [
    ["no token", [], 401],
    ["a wrong token", ["authorization: Bearer wrong-0123456789abcdef"], 401],
    ["the token as Basic", [`authorization: Basic ${Buffer.from(`x:${TOKEN}`).toString("base64")}`], 401],
    ["two tokens, the second right", ["authorization: Bearer wrong-0123456789", `authorization: Bearer ${TOKEN}`], 401],
    ["a foreign origin", [`authorization: Bearer ${TOKEN}`, "origin: http://evil.example"], 403],
    ["no origin by name", [`authorization: Bearer ${TOKEN}`, "origin: null"], 403],
    ["a foreign host", [`authorization: Bearer ${TOKEN}`, "HOST evil.example"], 403],
    ["the host of another port", [`authorization: Bearer ${TOKEN}`, "HOST 127.0.0.1:1"], 403],
  ];
  const paths = [...CONTROL_ROUTES.map((route) => route.split(" ")[1] as string), "/", "/nothing"];

  it.each(attempts)("refuses %s on every route and method", async (_, headers, status) => {
    const did: string[] = [];
    const clock = new VirtualClock(1_760_000_000_000);
    const api: ControlApi = await startControlApi(
      { host: "127.0.0.1", port: 0, token: TOKEN },
      {
        clock,
        status: () => ({ did: did.push("status") }),
        positions: () => ({ did: did.push("positions") }),
        kill: () => ({ did: did.push("kill") }),
        resume: () => ({ did: did.push("resume") }),
        subjects: { sources: [], venues: [], instruments: [], playbooks: [], linear: [] },
        analyse: () => ({ did: did.push("analyse") }),
        operate: () => ({ did: did.push("operate") }),
        deadLetters: {
          list: () => ({ did: did.push("list") }),
          show: async () => ({ did: did.push("show") }),
          replay: async () => [{ did: did.push("replay") }],
          discard: async () => ({ did: did.push("discard") }),
        },
        onCrash: (error) => did.push(String(error)),
      },
    );
    closers.push(() => api.close());
    const host = headers.find((line) => line.startsWith("HOST "))?.slice(5) ?? `127.0.0.1:${api.port}`;
    const others = headers.filter((line) => !line.startsWith("HOST "));
    const body = '{"level":2,"reason":"x"}';
    for (const path of paths) {
      for (const method of ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]) {
        // After a few failures they would be answered 429; that is tested elsewhere.
        clock.advance(61_000);
        const head = [`${method} ${path} HTTP/1.1`, `host: ${host}`, ...others, "content-type: application/json"];
        const bytes = `${head.join("\r\n")}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        const { text } = await raw(api.port, bytes, 5);
        expect(statusOf(text), `${method} ${path}`).toBe(status);
        expect(text).not.toContain(TOKEN);
      }
    }
    expect(did).toEqual([]);
  });
});

/** The matrix would prove nothing if the good request of each door did not pass. */
it("lets the good request of each door in", async () => {
  const harness: Harness = await startHarness();
  closers.push(() => harness.receiver.close());
  const body = schemaBody();
  const bytes = rawPost("/hooks/sample", signedHeaders(body), body);
  expect(statusOf((await raw(harness.receiver.port, bytes, 40)).text)).toBe(202);
  const upgrade = `GET /feed HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${FEED_TOKEN}\r\n\r\n`;
  expect(statusOf((await raw(harness.receiver.port, upgrade, 40)).text)).toBe(101);
  // A page's origin does not matter where the body is signed: a page cannot sign.
  const again = schemaBody();
  const withOrigin = rawPost("/hooks/sample", { ...signedHeaders(again), origin: "http://any.example" }, again);
  expect(statusOf((await raw(harness.receiver.port, withOrigin, 40)).text)).toBe(202);
});
