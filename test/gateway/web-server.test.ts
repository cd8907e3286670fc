import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Handler, WebServer, type WebServerOptions } from "../../src/gateway/uws.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { raw, rawPost, sleep, until } from "./support.ts";

const running: WebServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function serve(handler: Handler, options: Partial<WebServerOptions> = {}) {
  const crashes: unknown[] = [];
  const server = new WebServer(
    { connectionsMax: 100, answerTimeoutMs: 200, bodyBytesMax: 65_536, ...options },
    { clock: new SystemClock(), onCrash: (error) => crashes.push(error) },
  ).route("any", "/*", handler);
  running.push(server);
  const port = await server.listen("127.0.0.1", 0);
  return { server, port, crashes, url: `http://127.0.0.1:${port}/` };
}

const planted = () => new Error("planted: the handler throws");

describe("the one wrapper", () => {
  it("survives a handler that throws at once, later, or in its promise: 500 each, reported each", async () => {
    const ways: Handler[] = [
      () => {
        throw planted();
      },
      async () => {
        throw planted();
      },
      async () => {
        await sleep(5);
        throw planted();
      },
    ];
    for (const handler of ways) {
      const { url, crashes } = await serve(handler);
      for (const init of [{}, { method: "POST", body: "x" }]) expect((await fetch(url, init)).status).toBe(500);
      expect(crashes).toHaveLength(2);
    }
  });

  it("answers 503 for a handler that never does, once, and ignores what comes later", async () => {
    let late: (() => void) | null = null;
    const { url, crashes, server } = await serve((exchange) => {
      late = () => exchange.answer(200, {});
    });
    const response = await fetch(url);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await response.json()).toEqual({ code: "ANSWER_TIMEOUT" });
    (late as unknown as () => void)();
    expect(server.inFlight).toBe(0);
    expect(crashes).toEqual([]);
  });

  it("keeps one answer when a handler gives two", async () => {
    const { port } = await serve((exchange) => {
      exchange.answer(200, { first: true });
      exchange.answer(404, {});
    });
    const { text } = await raw(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(["HTTP/1.1 200"]);
  });

  it("ignores answers to clients that have left", async () => {
    const waiting: (() => void)[] = [];
    const { port, server, crashes } = await serve((exchange) => {
      waiting.push(() => {
        expect(exchange.isOpen).toBe(false);
        expect(exchange.address).toBe("");
        exchange.answer(200, {});
      });
    });
    const clients: Socket[] = [];
    for (let i = 0; i < 10; i += 1) {
      const client = connect(port, "127.0.0.1");
      client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      clients.push(client);
    }
    await until(() => waiting.length === 10, "ten requests");
    for (const client of clients) client.destroy();
    await until(() => server.connections === 0, "the sockets to go");
    expect(server.inFlight).toBe(0);
    for (const answer of waiting) answer();
    expect(crashes).toEqual([]);
  });

  it("ends a slow body with 503 and closes", async () => {
    let handled = 0;
    const { port, server } = await serve(() => {
      handled += 1;
    });
    const { text, closed } = await raw(port, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc", 1_000);
    expect(text).toContain("503");
    expect(text).toContain("BODY_TIMEOUT");
    expect(closed).toBe(true);
    expect(handled).toBe(0);
    expect(server.inFlight).toBe(0);
  });

  it("hands over a body in many pieces whole, and never calls for one that was cut short", async () => {
    const bodies: string[] = [];
    const { port, server } = await serve(
      (exchange) => {
        bodies.push(Buffer.from(exchange.body).toString());
        exchange.answer(200, {});
      },
      { answerTimeoutMs: 3_000 },
    );
    const body = Array.from({ length: 50_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
    const client = connect(port, "127.0.0.1");
    client.setNoDelay(true);
    const bytes = rawPost("/", {}, body);
    for (let at = 0; at < bytes.length; at += 7_919) {
      client.write(bytes.slice(at, at + 7_919));
      await sleep(2);
    }
    await until(() => bodies.length === 1, "the body");
    expect(bodies[0]).toBe(body);
    client.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");
    await until(() => server.inFlight === 1, "the half body");
    client.destroy();
    await until(() => server.inFlight === 0, "the abort");
    expect(bodies).toHaveLength(1);
  });

  it("keeps deadlines of many requests apart", async () => {
    const { url } = await serve(
      async (exchange) => {
        if (exchange.header("x-slow") === "") exchange.answer(200, {});
      },
      { answerTimeoutMs: 100 },
    );
    const get = async (slow: boolean) => (await fetch(url, { headers: slow ? { "x-slow": "1" } : {} })).status;
    for (let round = 0; round < 3; round += 1) {
      const statuses = await Promise.all(Array.from({ length: 20 }, (_, i) => get(i % 3 === 0)));
      expect(statuses).toEqual(Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 503 : 200)));
    }
  });

  it("closes connections over its limit and serves again when others leave", async () => {
    const { port, server, url } = await serve((exchange) => exchange.answer(200, {}), { connectionsMax: 3 });
    const clients = [1, 2, 3].map(() => connect(port, "127.0.0.1"));
    await until(() => server.connections === 3, "three connections");
    const { text, closed } = await raw(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect([text, closed]).toEqual(["", true]);
    for (const client of clients) client.destroy();
    await until(() => server.connections === 0, "them to leave");
    expect((await fetch(url)).status).toBe(200);
  });

  it("answers HEAD without a body and keeps pipelined requests in order", async () => {
    const { port } = await serve((exchange) => exchange.answer(200, { at: exchange.header("x-n") }));
    const one = (method: string, n: number) => `${method} / HTTP/1.1\r\nhost: x\r\nx-n: ${n}\r\n\r\n`;
    const { text } = await raw(port, one("GET", 1) + one("HEAD", 2) + one("GET", 3));
    expect(text.match(/\{[^}]*\}/g)).toEqual(['{"at":"1"}', '{"at":"3"}']);
  });
});
