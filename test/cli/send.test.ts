/** `outrigger send` against real sockets that verify and decode with the receiver's own parts. */

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import type { Decoded } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { createVerifier, type Verifier } from "../../src/gateway/auth.ts";
import { createSchemaAdapter } from "../../src/wire/adapters/schema.ts";
import { createTradingViewAdapter, tradingViewPassphrase } from "../../src/wire/adapters/tradingview.ts";
import { decodeFrame } from "../../src/wire/decode.ts";
import { SMALL } from "../config/sample.ts";
import { outrigger, temporary } from "./support.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const PASSPHRASE = "correct-horse-battery";
const ENV = { DESK_SECRET: SECRET, TV_PASSPHRASE: PASSPHRASE, FEED_TOKEN: "feed-token-feed-token" };
const SOURCES = `
  - { name: tv, path: tv-unguessable, adapter: tradingview, auth: { type: tradingview, passphraseEnv: TV_PASSPHRASE } }
  - { name: live, adapter: feed, auth: { type: bearer, tokenEnv: FEED_TOKEN } }
`;

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers each request with what `answer` makes of it; a configuration that points there. */
async function listen(answer: (heard: Heard) => [status: number, body: string]) {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [status, body] = answer({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const config = `receiver: { port: ${port} }\n${SMALL.replace("\nvenues:", `${SOURCES}venues:`)}`;
  return { server, port, file: join(temporary({ "c.yaml": config }), "c.yaml") };
}

const judge = (heard: Heard, verify: Verifier, decode: (body: Uint8Array, type: string) => Decoded) => {
  const contentType = heard.headers["content-type"] ?? "";
  const request = {
    header: (name: string) => String(heard.headers[name] ?? ""),
    contentType,
    address: "127.0.0.1",
    body: heard.body,
  };
  return { secret: verify(request, Date.now() as EpochMs).keyId, decoded: decode(heard.body, contentType) };
};

describe("outrigger send", () => {
  it("sends a signed signal that the receiver's own verifier and adapter accept, and prints the verdict", async () => {
    const heard: Heard[] = [];
    const { file } = await listen((request) => {
      heard.push(request);
      return [202, JSON.stringify({ code: "ACCEPTED", signal_id: "s-1", position: 42 })];
    });
    const args = ["-a", "BTC-USD", "-d", "short", "--confidence", "0.9", "--quantity", "0.5", "--id", "s-1"];
    const json = await outrigger(["send", "-c", file, ...args, "--json"], ENV);
    expect(json.code).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      status: 202,
      code: "ACCEPTED",
      signalId: "s-1",
      position: 42,
    });
    expect((await outrigger(["send", "-c", file, ...args], ENV)).out).toBe(
      "202 ACCEPTED, signal s-1, journal position 42\n",
    );

    const verify = createVerifier({ type: "standard-webhooks", secrets: [{ id: "one", secret: SECRET }] });
    expect(heard.map((request) => request.path)).toEqual(["/hooks/desk", "/hooks/desk"]);
    const { secret, decoded } = judge(heard[0]!, verify, createSchemaAdapter());
    expect(secret).toBe("one");
    expect(decoded).toMatchObject({
      ok: true,
      signal: {
        signalId: "s-1",
        kind: "hedge",
        asset: "BTC-USD",
        direction: "short",
        confidence: 0.9,
        quantity: 0.5,
        horizonMs: 14_400_000,
      },
    });
  });

  it.each([[], ["--text"]])(
    "sends an alert as TradingView would (%j), leaving the source's defaults to the source",
    async (...text) => {
      const heard: Heard[] = [];
      const { file } = await listen((request) => {
        heard.push(request);
        return [202, '{"code":"ACCEPTED"}'];
      });
      const args = [
        "send",
        "-c",
        file,
        "-s",
        "tv",
        "-a",
        "BTCUSDT",
        "-d",
        "flat",
        "--quantity",
        "1.5",
        "--id",
        "a-1",
        ...text,
      ];
      expect((await outrigger(args, ENV)).code).toBe(0);
      const adapter = createTradingViewAdapter({
        model: "m",
        modelVersion: "3",
        signalKind: "hedge",
        horizonMs: 60_000,
        confidence: 0.6,
      });
      const verify = createVerifier({
        type: "tradingview",
        secrets: [{ id: "one", secret: PASSPHRASE }],
        addresses: ["127.0.0.1"],
        passphraseOf: tradingViewPassphrase,
      });
      expect(heard[0]?.path).toBe("/hooks/tv-unguessable");
      expect(heard[0]?.headers["content-type"]).toMatch(text.length > 0 ? /^text\/plain/ : /^application\/json/);
      const { secret, decoded } = judge(heard[0]!, verify, adapter);
      expect(secret).toBe("one");
      expect(decoded).toMatchObject({
        ok: true,
        signal: { signalId: "a-1", kind: "close", model: "m", confidence: 0.6, horizonMs: 60_000, quantity: 1.5 },
      });
    },
  );

  it("sends a frame over the feed with its token, and reads the ack", async () => {
    const { file, server } = await listen(() => [404, ""]);
    const frames: { token: string | undefined; url: string | undefined; decoded: Decoded }[] = [];
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket, request) => {
      socket.on("message", (data: Buffer) => {
        frames.push({ token: request.headers.authorization, url: request.url, decoded: decodeFrame(data) });
        socket.send(
          '{"frame":1,"status":422,"code":"STALE","signal_id":"f-1","message":"too old","numbers":{"age_ms":9}}',
        );
      });
    });
    onTestFinished(() => void sockets.close());
    const ran = await outrigger(
      ["send", "-c", file, "-s", "live", "-a", "BTC/USDT", "--id", "f-1", "--sequence", "5"],
      ENV,
    );
    expect(ran.out).toBe("422 STALE, signal f-1, age_ms 9: too old\n");
    expect(ran.code).toBe(4);
    expect(frames).toMatchObject([
      {
        token: `Bearer ${ENV.FEED_TOKEN}`,
        url: "/feed",
        decoded: { ok: true, signal: { signalId: "f-1", sequence: 5, confidence: 0.8 } },
      },
    ]);
  });

  it.each([
    [200, "DUPLICATE", 0],
    [409, "ID_REUSED", 4],
    [401, "UNAUTHENTICATED", 4],
    [429, "RATE_LIMITED", 5],
    [503, "NOT_DURABLE", 5],
    [500, "CRASHED", 1],
  ])("turns %i %s into exit code %i", async (status, code, exitCode) => {
    const { file } = await listen(() => [status, JSON.stringify({ code })]);
    expect((await outrigger(["send", "-c", file, "-a", "BTC/USDT"], ENV)).code).toBe(exitCode);
  });

  it("says when nobody listens (3), and names an unknown source or missing secret (2) without sending", async () => {
    const { file, server } = await listen(() => [202, "{}"]);
    const unknown = await outrigger(["send", "-c", file, "-a", "X", "-s", "nosuch"], ENV);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("desk, tv, live") });
    expect(await outrigger(["send", "-c", file, "-a", "X"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("DESK_SECRET"),
    });
    server.close();
    server.closeAllConnections();
    for (const source of ["desk", "live"]) {
      const nobody = await outrigger(["send", "-c", file, "-a", "X", "-s", source, "--json"], ENV);
      expect(nobody.code, source).toBe(3);
      expect(JSON.parse(nobody.out)).toMatchObject({ ok: false, code: "UNREACHABLE" });
      expect(nobody.out + nobody.err).not.toContain(ENV.FEED_TOKEN);
    }
  });
});
