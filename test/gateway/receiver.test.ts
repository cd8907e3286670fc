import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { mediaType } from "../../src/gateway/door.ts";
import type { ReceiverOptions, ReceiverParts } from "../../src/gateway/receiver.ts";
import {
  type Harness,
  PASSPHRASE,
  post,
  raw,
  rawPost,
  rules,
  SECRET,
  schemaBody,
  signedHeaders,
  signedHook,
  startHarness,
  tradingViewHook,
  until,
} from "./support.ts";

const running: Harness[] = [];
async function start(options: Partial<ReceiverOptions> = {}, parts: Partial<ReceiverParts> = {}): Promise<Harness> {
  const harness = await startHarness(options, parts);
  running.push(harness);
  return harness;
}
afterEach(async () => {
  for (const harness of running.splice(0)) await harness.receiver.close();
});

const TV_PATH = "/hooks/tv-7f3c9a51d2e84b60";
const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);

describe("every class of input has its status", () => {
  interface Case {
    readonly name: string;
    readonly status: number;
    readonly code: string;
    readonly body?: string | Buffer;
    readonly headers?: (body: string | Buffer) => Record<string, string>;
    readonly path?: string;
    readonly deadLetters?: number;
  }
  const json = { "content-type": "application/json" };
  const old = Date.now() - 60_000;
  const cases: Case[] = [
    { name: "a good signal", status: 202, code: "ACCEPTED" },
    {
      name: "charset=utf-8",
      status: 202,
      code: "ACCEPTED",
      headers: (b) => ({ ...signedHeaders(b), "content-type": "Application/JSON; charset=UTF-8" }),
    },
    { name: "no JSON", status: 400, code: "MALFORMED", body: "{", deadLetters: 1 },
    { name: "an empty body", status: 400, code: "MALFORMED", body: "", deadLetters: 1 },
    { name: "not UTF-8", status: 400, code: "MALFORMED", body: Buffer.from([0x7b, 0xff, 0x7d]), deadLetters: 1 },
    { name: "no object", status: 400, code: "MALFORMED", body: "[1]", deadLetters: 1 },
    { name: "a missing field", status: 400, code: "MALFORMED", body: schemaBody({ asset: undefined }), deadLetters: 1 },
    {
      name: "a field of the wrong type",
      status: 400,
      code: "MALFORMED",
      body: schemaBody({ confidence: {} }),
      deadLetters: 1,
    },
    {
      name: "a number out of range",
      status: 400,
      code: "MALFORMED",
      body: schemaBody({ confidence: 1.1 }),
      deadLetters: 1,
    },
    {
      name: "an id with other characters",
      status: 400,
      code: "MALFORMED",
      body: schemaBody({ signal_id: "a b" }),
      deadLetters: 1,
    },
    { name: "no signature", status: 401, code: "UNAUTHENTICATED", headers: () => json },
    { name: "a wrong signature", status: 401, code: "UNAUTHENTICATED", headers: () => signedHeaders("other") },
    { name: "garbage without signature", status: 401, code: "UNAUTHENTICATED", body: "{", headers: () => json },
    {
      name: "an old webhook-timestamp",
      status: 401,
      code: "UNAUTHENTICATED",
      headers: (b) => signedHeaders(b, SECRET, Math.floor(Date.now() / 1000) - 400),
    },
    { name: "an unknown source", status: 404, code: "NOT_FOUND", path: "/hooks/nobody" },
    { name: "another path", status: 404, code: "NOT_FOUND", path: "/hooks" },
    { name: "a deeper path", status: 404, code: "NOT_FOUND", path: "/hooks/sample/x" },
    { name: "too large", status: 413, code: "TOO_LARGE", body: " ".repeat(65_537) },
    {
      name: "the wrong type",
      status: 415,
      code: "UNSUPPORTED_TYPE",
      headers: (b) => ({ ...signedHeaders(b), "content-type": "text/plain" }),
    },
    {
      name: "another charset",
      status: 415,
      code: "UNSUPPORTED_TYPE",
      headers: (b) => ({ ...signedHeaders(b), "content-type": "application/json; charset=utf-16" }),
    },
    {
      name: "compressed",
      status: 415,
      code: "UNSUPPORTED_TYPE",
      headers: (b) => ({ ...signedHeaders(b), "content-encoding": "gzip" }),
    },
    { name: "stale", status: 422, code: "STALE", body: schemaBody({ generated_at: old }), deadLetters: 1 },
    {
      name: "from the future",
      status: 422,
      code: "FROM_FUTURE",
      body: schemaBody({ generated_at: Date.now() + 120_000 }),
      deadLetters: 1,
    },
    {
      name: "an unknown asset",
      status: 422,
      code: "UNKNOWN_ASSET",
      body: schemaBody({ asset: "XYZ" }),
      deadLetters: 1,
    },
    {
      name: "an ambiguous asset",
      status: 422,
      code: "AMBIGUOUS_ASSET",
      body: schemaBody({ asset: "TWICE" }),
      deadLetters: 1,
    },
    {
      name: "a kind not allowed",
      status: 422,
      code: "KIND_REFUSED",
      body: schemaBody({ kind: "evidence" }),
      deadLetters: 1,
    },
  ];

  it.each(cases)(
    "$name: $status $code",
    async ({ status, code, body = schemaBody(), headers = signedHeaders, path, deadLetters = 0 }) => {
      const { url, intake, crashes, receiver } = await start();
      const answer = await post(url + (path ?? "/hooks/sample"), body, headers(body));
      expect([answer.status, answer.json.code]).toEqual([status, code]);
      if (status === 401) expect(answer.json).toEqual({ code: "UNAUTHENTICATED" });
      expect(receiver.unproven().map(({ source, count }) => [source, count])).toEqual(
        status === 401 ? [["sample", 1]] : [],
      );
      if (code === "MALFORMED" && body !== "") expect(answer.json.message).toMatch(/^[a-z_]+ (is|must|has) /);
      expect(intake.deadLetters.length).toBe(deadLetters);
      expect(intake.accepted.length).toBe(status === 202 ? 1 : 0);
      expect(crashes).toEqual([]);
    },
  );

  it("names the field that is missing", async () => {
    const { url } = await start();
    const body = schemaBody({ time_horizon: undefined });
    expect((await post(`${url}/hooks/sample`, body, signedHeaders(body))).json.message).toContain("time_horizon");
  });

  it("answers other methods 405 with what is allowed", async () => {
    const { url } = await start();
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await fetch(`${url}/hooks/sample`, { method });
      expect([response.status, response.headers.get("allow")], method).toEqual([405, "POST"]);
    }
    const head = await fetch(`${url}/hooks/sample`, { method: "HEAD" });
    expect(head.status).toBe(405);
    expect((await fetch(`${url}/feed`)).status).toBe(426);
    expect((await fetch(`${url}/feed`, { method: "POST", body: "x" })).status).toBe(405);
    expect((await fetch(`${url}/`)).status).toBe(404);
  });

  it.each([
    [
      "two content-lengths",
      "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    ],
    [
      "two equal content-lengths",
      "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    ],
    ["an empty content-length", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: \r\n\r\n"],
    ["no content-length", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a negative content-length", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: -2\r\n\r\n{}"],
    ["chunked", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    [
      "an invented encoding",
      "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\ncontent-length: 2\r\n\r\n{}",
    ],
    ["an invented encoding alone", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n{}"],
    [
      "both lengths",
      "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["no host", "POST /hooks/sample HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"],
    ["two hosts", "POST /hooks/sample HTTP/1.1\r\nhost: x\r\nhost: y\r\ncontent-length: 2\r\n\r\n{}"],
    ["a chunked GET", "GET /hooks/sample HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ])("refuses %s with 400 and closes, and answers nothing that follows it", async (_, bytes) => {
    const { receiver, intake } = await start();
    const alone = await raw(receiver.port, bytes);
    expect(statusOf(alone.text)).toBe(400);
    expect(alone.closed).toBe(true);
    // A second request in the same packet is what smuggling is after.
    const smuggled = await raw(receiver.port, `${bytes}GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect([0, 400]).toContain(statusOf(smuggled.text));
    expect(smuggled.text).not.toContain("404");
    expect(smuggled.closed).toBe(true);
    expect(intake.lsn).toBe(0);
  });

  it("closes on bytes that are no HTTP", async () => {
    const { receiver } = await start();
    for (const bytes of [
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
      "no sense at all\r\n\r\n",
      "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
    ]) {
      const { text, closed } = await raw(receiver.port, bytes);
      // Where the parser itself answers, it may be with 400 or 505.
      expect([0, 400, 505]).toContain(statusOf(text));
      expect(closed, JSON.stringify(bytes)).toBe(true);
    }
  });

  it("keeps the connection framed after a body over the limit", async () => {
    const { receiver } = await start({ bodyBytesMax: 1_000 });
    const body = schemaBody();
    const { text } = await raw(
      receiver.port,
      rawPost("/hooks/sample", {}, "x".repeat(1_001)) + rawPost("/hooks/sample", signedHeaders(body), body),
    );
    expect(text.match(/HTTP\/1\.1 (\d{3})/g)).toEqual(["HTTP/1.1 413", "HTTP/1.1 202"]);
  });
});

describe("authentication end to end", () => {
  it("accepts a request of the official client library, and each secret of a rotation", async () => {
    const { createVerifier } = await import("../../src/gateway/auth.ts");
    const next = `whsec_${Buffer.alloc(24, 3).toString("base64")}`;
    const secrets = [
      { id: "current", secret: SECRET },
      { id: "next", secret: next },
    ];
    const { url } = await start({
      hooks: [signedHook({ verify: createVerifier({ type: "standard-webhooks", secrets }) })],
    });
    for (const secret of [SECRET, next]) {
      const body = schemaBody();
      const now = new Date();
      const headers = {
        "content-type": "application/json",
        "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "webhook-timestamp": `${Math.floor(now.getTime() / 1000)}`,
        "webhook-signature": new Webhook(secret).sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", now, body),
      };
      expect((await post(`${url}/hooks/sample`, body, headers)).status).toBe(202);
    }
  });

  const alert = () =>
    `ticker=BINANCE:BTCUSDT.P action=buy contracts=0.5 market_position=long price=61800.1 time=${new Date().toISOString()} passphrase=${PASSPHRASE}`;

  it("accepts a TradingView alert as text and as JSON, and journals no passphrase", async () => {
    const { url, intake } = await start();
    const text = alert();
    expect((await post(url + TV_PATH, text, { "content-type": "text/plain; charset=utf-8" })).status).toBe(202);
    expect((await post(url + TV_PATH, text, { "content-type": "text/plain; charset=utf-8" })).status).toBe(200);
    const fields = Object.fromEntries(text.split(" ").map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
    const json = JSON.stringify(fields);
    expect((await post(url + TV_PATH, json, { "content-type": "application/json" })).status).toBe(202);
    expect(intake.accepted.map(({ signal }) => [signal.direction, signal.quantity])).toEqual([
      ["long", 0.5],
      ["long", 0.5],
    ]);
    expect(JSON.stringify([intake.accepted, intake.deadLetters])).not.toContain(PASSPHRASE);
  });

  it("dead-letters an unreadable alert without its passphrase", async () => {
    const { url, intake } = await start();
    const answer = await post(url + TV_PATH, `passphrase=${PASSPHRASE} nothing=else`, { "content-type": "text/plain" });
    expect(answer.status).toBe(400);
    expect(intake.deadLetters[0]?.body).toContain("nothing=else");
    expect(JSON.stringify(intake.deadLetters)).not.toContain(PASSPHRASE);
  });

  it("judges TradingView by the socket's address, whatever a PROXY header claims", async () => {
    const { receiver, intake } = await start({ hooks: [tradingViewHook(["52.89.214.238"])] });
    const proxy = Buffer.concat([
      Buffer.from("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "latin1"),
      Buffer.from([52, 89, 214, 238, 127, 0, 0, 1, 0x1f, 0x90, 0x1f, 0x90]),
    ]);
    const request = Buffer.from(rawPost(TV_PATH, { "content-type": "text/plain" }, alert()));
    const { text } = await raw(receiver.port, Buffer.concat([proxy, request]));
    expect(statusOf(text)).toBe(401);
    expect(intake.lsn).toBe(0);
  });

  it("slows down only whoever fails: a good sender at the same address is never refused for it", async () => {
    const { url, alarms } = await start({ authFailuresPerMinuteMax: 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      statuses.push((await post(`${url}/hooks/sample`, "{}", signedHeaders("x"))).status);
      const body = schemaBody({ signal_id: `good-${i}` });
      statuses.push((await post(`${url}/hooks/sample`, body, signedHeaders(body))).status);
    }
    expect(statuses).toEqual([401, 202, 401, 202, 401, 202, 429, 202, 429, 202]);
    expect(alarms).toEqual([{ code: "AUTH_FAILURES", source: "127.0.0.1", numbers: {} }]);
  });
});

describe("durability", () => {
  it("answers only after the journal covers it, refusals and waiting duplicates included", async () => {
    const { url, intake } = await start();
    intake.holds = true;
    const order: string[] = [];
    const body = schemaBody({ signal_id: "first" });
    const refused = schemaBody({ asset: "NOPE" });
    const send = async (name: string, content: string) => {
      const answer = await post(`${url}/hooks/sample`, content, signedHeaders(content));
      order.push(`${name} ${answer.status}`);
      return answer;
    };
    const first = send("first", body);
    await until(() => intake.waitingCount === 1, "the first to wait");
    const again = send("again", body);
    const bad = send("refused", refused);
    await until(() => intake.waitingCount === 3, "three to wait");
    expect(order).toEqual([]);
    intake.flush(1);
    expect((await first).json).toEqual({ code: "ACCEPTED", signal_id: "first", position: 1 });
    expect((await again).json).toEqual({ code: "DUPLICATE", signal_id: "first", position: 1 });
    expect(order).not.toContain("refused 422");
    intake.flush();
    expect((await bad).json).toMatchObject({ code: "UNKNOWN_ASSET", position: 2 });
  });

  it("answers 503 with retry-after when the journal does not answer in time, and 200 to the retry", async () => {
    const { url, intake } = await start({ answerTimeoutMs: 200 });
    intake.holds = true;
    const body = schemaBody();
    const answer = await post(`${url}/hooks/sample`, body, signedHeaders(body));
    expect([answer.status, answer.json.code, answer.headers.get("retry-after")]).toEqual([503, "ANSWER_TIMEOUT", "1"]);
    intake.flush();
    expect((await post(`${url}/hooks/sample`, body, signedHeaders(body))).status).toBe(200);
    expect(intake.accepted).toHaveLength(1);
  });

  it("answers 503 when the journal fails or is full", async () => {
    const { url, intake } = await start();
    intake.holds = true;
    const waiting = post(`${url}/hooks/sample`, ...signed());
    await until(() => intake.waitingCount === 1, "one to wait");
    intake.fail();
    expect((await waiting).json.code).toBe("NOT_DURABLE");
    intake.full = true;
    const answer = await post(`${url}/hooks/sample`, ...signed());
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("limits the rate of a source with 429", async () => {
    const { url, intake } = await start({
      hooks: [signedHook({ ...rules(0, "sample", { ratePerSecMax: 0.001, rateBurst: 2 }) })],
    });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await post(`${url}/hooks/sample`, ...signed())).status);
    expect(statuses).toEqual([202, 202, 429]);
    expect(intake.lsn).toBe(2);
  });

  it("survives clients that leave while their answer waits", async () => {
    const { receiver, url, intake, crashes } = await start();
    intake.holds = true;
    for (let i = 0; i < 20; i += 1) {
      const [body, headers] = signed();
      const socket = connect(receiver.port, "127.0.0.1", () => socket.write(rawPost("/hooks/sample", headers, body)));
      await until(() => intake.waitingCount === i + 1, "the request to wait");
      socket.destroy();
    }
    await until(() => receiver.connections() === 0, "the sockets to go");
    intake.flush();
    intake.holds = false;
    expect((await post(`${url}/hooks/sample`, ...signed())).status).toBe(202);
    expect(intake.accepted).toHaveLength(21);
    expect(crashes).toEqual([]);
  });

  it("answers a crash in an adapter 500 and keeps the bytes", async () => {
    const { url, intake, crashes } = await start({
      hooks: [
        signedHook({
          decode: () => {
            throw new Error("planted: the adapter throws");
          },
        }),
      ],
    });
    const answer = await post(`${url}/hooks/sample`, ...signed());
    expect([answer.status, answer.json.code]).toEqual([500, "CRASHED"]);
    expect(intake.deadLetters[0]?.code).toBe("CRASHED");
    expect(crashes).toHaveLength(1);
  });

  it("answers what is in flight while it closes, and nothing new", async () => {
    const harness = await startHarness();
    const { url, intake, receiver } = harness;
    intake.holds = true;
    const waiting = post(`${url}/hooks/sample`, ...signed());
    await until(() => intake.waitingCount === 1, "one to wait");
    const closing = receiver.close();
    await expect(fetch(`${url}/`)).rejects.toThrow();
    intake.flush();
    expect((await waiting).status).toBe(202);
    await closing;
  });
});

describe("the port", () => {
  it("refuses to share its port with a second engine, in this process and in another", async () => {
    // A named port, as in production: one picked by the system is never shared, whatever was asked for.
    const { receiver } = await start({ port: await freePort() });
    await expect(startHarness({ port: receiver.port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
    const script = `
      import { WebServer } from ${JSON.stringify(new URL("../../src/gateway/uws.ts", import.meta.url).href)};
      import { SystemClock } from ${JSON.stringify(new URL("../../src/time/clock.ts", import.meta.url).href)};
      const server = new WebServer({ connectionsMax: 1, answerTimeoutMs: 1, bodyBytesMax: 1 }, { clock: new SystemClock(), onCrash() {} });
      await server.listen("127.0.0.1", ${receiver.port}).then(() => console.log("listens"), (error) => console.log(error.code));
      process.exit(0);`;
    const output = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, ["--input-type=module", "-e", script], (error, stdout) =>
        error === null ? resolve(stdout) : reject(error),
      );
    });
    expect(output.trim()).toBe("PORT_IN_USE");
  });

  it("says so when the address is not one of this machine", async () => {
    await expect(startHarness({ host: "192.0.2.1", port: 1 })).rejects.toMatchObject({ code: "ADDRESS_UNUSABLE" });
  });
});

describe("media types", () => {
  it("takes charset=utf-8 and no other parameter", () => {
    expect(mediaType("application/json")).toBe("application/json");
    expect(mediaType(' Text/Plain ; charset="utf-8"')).toBe("text/plain");
    for (const odd of [
      "",
      "json",
      "application/json; charset=latin1",
      "application/json; a=b",
      "application/json, text/plain",
    ]) {
      expect(mediaType(odd), odd).toBe("");
    }
  });
});

function signed(): [string, Record<string, string>] {
  const body = schemaBody();
  return [body, signedHeaders(body)];
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
