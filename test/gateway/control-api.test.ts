import { afterEach, describe, expect, it } from "vitest";
import { type ControlApi, type KillCommand, startControlApi } from "../../src/observe/control-api.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import { raw } from "./support.ts";

const TOKEN = "control-token-0123456789abcdef";
const running: ControlApi[] = [];
afterEach(async () => {
  for (const api of running.splice(0)) await api.close();
});

async function start() {
  const kills: KillCommand[] = [];
  const crashes: unknown[] = [];
  const desk: unknown[] = [];
  const operated: unknown[] = [];
  const analysed: unknown[] = [];
  const clock = new VirtualClock(1_760_000_000_000);
  const api = await startControlApi(
    { host: "127.0.0.1", port: 0, token: TOKEN, origins: ["http://ours.example"] },
    {
      clock,
      status: () => ({ state: "ACTIVE" }),
      positions: async () => ({ positions: [] }),
      kill: (command) => {
        kills.push(command);
        return { level: command.level };
      },
      resume: (reason) => {
        kills.push({ level: 0, reason } as never);
        return { killed: 0 };
      },
      subjects: {
        sources: ["tv", "llm"],
        venues: ["a", "b"],
        instruments: ["X"],
        playbooks: ["shield:X", "signal:Y"],
        linear: ["signal:Y"],
      },
      analyse: (analysis) => {
        analysed.push(analysis);
        return {};
      },
      operate: (control) => {
        operated.push(control);
        return {};
      },
      deadLetters: {
        list: () => ({ letters: [] }),
        show: async (position) => (position === 7 ? { position } : null),
        replay: async (...asked) => {
          desk.push(asked);
          return [];
        },
        discard: async (...asked) => {
          desk.push(asked);
          return { discarded: [] };
        },
      },
      onCrash: (error) => crashes.push(error),
    },
  );
  running.push(api);
  const call = async (path: string, init: RequestInit = {}, authorization = `Bearer ${TOKEN}`) => {
    const headers = { ...(init.headers as Record<string, string>), ...(authorization === "" ? {} : { authorization }) };
    const response = await fetch(`http://127.0.0.1:${api.port}${path}`, { ...init, headers });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  return { api, kills, clock, call, crashes, desk, operated, analysed };
}

const ROUTES = [
  ["GET", "/status"],
  ["GET", "/positions"],
  ["POST", "/kill"],
  ["POST", "/kill/part"],
  ["POST", "/resume"],
  ["POST", "/weights"],
  ["POST", "/state"],
  ["POST", "/breakers/acknowledge"],
  ["POST", "/limits"],
  ["POST", "/venues/without"],
  ["GET", "/dlq"],
  ["GET", "/dlq/7"],
  ["POST", "/dlq/replay"],
  ["POST", "/dlq/discard"],
  ["GET", "/"],
  ["PUT", "/status"],
  ["GET", "/kill"],
] as const;

describe("control API", () => {
  it("answers status and positions to the token", async () => {
    const { call } = await start();
    expect(await call("/status")).toEqual({ status: 200, json: { state: "ACTIVE" } });
    expect(await call("/positions")).toEqual({ status: 200, json: { positions: [] } });
    expect((await call("/nothing")).status).toBe(404);
    expect((await call("/status", { method: "PUT" })).status).toBe(405);
    expect((await call("/kill")).status).toBe(405);
  });

  it.each(ROUTES)("gives nothing away on %s %s without token, host and origin", async (method, path) => {
    const { api, call, kills, clock, desk } = await start();
    const init = {
      method,
      ...(method === "POST"
        ? { body: '{"level":2,"reason":"x"}', headers: { "content-type": "application/json" } }
        : {}),
    };
    const refused = { status: 401, json: { code: "UNAUTHENTICATED" } };
    expect(await call(path, init, "")).toEqual(refused);
    expect(await call(path, init, "Bearer wrong-0123456789abcdef")).toEqual(refused);
    expect(await call(path, { ...init, headers: { ...init.headers, cookie: `token=${TOKEN}` } }, "")).toEqual(refused);
    clock.advance(61_000);
    const foreign = { ...init, headers: { ...init.headers, origin: "http://evil.example" } };
    expect(await call(path, foreign)).toEqual({ status: 403, json: { code: "ORIGIN_REFUSED" } });
    for (const host of ["evil.example", `evil.example:${api.port}`, "127.0.0.1", "127.0.0.1:1"]) {
      const { text } = await raw(
        api.port,
        `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 0\r\n\r\n`,
        50,
      );
      expect(text, host).toContain("HTTP/1.1 403");
    }
    expect([...kills, ...desk]).toEqual([]);
  });

  it("accepts its own names and the allowed origin", async () => {
    const { api, call } = await start();
    expect((await call("/status", { headers: { origin: "http://ours.example" } })).status).toBe(200);
    for (const host of ["LOCALHOST", "127.0.0.1", "[::1]"]) {
      const { text } = await raw(
        api.port,
        `GET /status HTTP/1.1\r\nhost: ${host}:${api.port}\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`,
        50,
      );
      expect(text, host).toContain("HTTP/1.1 200");
    }
  });

  it("slows down wrong tokens after five in a minute, and never keeps the operator out for them", async () => {
    const { call, clock } = await start();
    for (let i = 0; i < 5; i += 1) expect((await call("/status", {}, "Bearer x")).status).toBe(401);
    expect((await call("/status", {}, "Bearer x")).status).toBe(429);
    expect((await call("/status")).status).toBe(200);
    clock.advance(60_000);
    expect((await call("/status", {}, "Bearer x")).status).toBe(401);
  });

  it("takes replays and discards with letters named, and nothing less", async () => {
    const { call, desk } = await start();
    const post = (path: string, body: object) =>
      call(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
    for (const letters of [undefined, [], [0], [1.5], ["1"], "some", Array.from({ length: 257 }, (_, n) => n + 1)]) {
      expect((await post("/dlq/replay", { letters })).status, String(letters)).toBe(400);
      expect((await post("/dlq/discard", { letters, reason: "x" })).status, String(letters)).toBe(400);
    }
    expect((await post("/dlq/replay", { letters: [1], yes: "yes" })).status).toBe(400);
    expect((await post("/dlq/discard", { letters: [1] })).status).toBe(400);
    expect(desk).toEqual([]);
    expect(await post("/dlq/replay", { letters: [1, 2] })).toEqual({ status: 200, json: { replays: [] } });
    expect((await post("/dlq/replay", { letters: "all", yes: true })).status).toBe(200);
    expect((await post("/dlq/discard", { letters: [3], reason: "old" })).json).toEqual({ discarded: [] });
    expect(desk).toEqual([
      [[1, 2], false],
      ["all", true],
      [[3], "old"],
    ]);
    expect((await call("/dlq/7")).json).toEqual({ position: 7 });
    for (const wrong of ["/dlq/8", "/dlq/x", "/dlq/-1", "/dlq/7x"]) expect((await call(wrong)).status, wrong).toBe(404);
  });

  it("takes a kill with level and reason, and nothing less", async () => {
    const { call, kills } = await start();
    const kill = (body: string, type = "application/json") =>
      call("/kill", { method: "POST", body, headers: { "content-type": type } });
    for (const wrong of [
      "",
      "{",
      "[]",
      "null",
      '{"level":0,"reason":"x"}',
      '{"level":"2","reason":"x"}',
      '{"level":2}',
      '{"level":2,"reason":" "}',
      `{"level":2,"reason":"${"x".repeat(257)}"}`,
    ]) {
      expect((await kill(wrong)).status, wrong).toBe(400);
    }
    expect((await kill('{"level":2,"reason":"x"}', "text/plain")).status).toBe(400);
    expect(kills).toEqual([]);
    expect(await kill('{"level":2,"reason":"venue misbehaves"}')).toEqual({ status: 200, json: { level: 2 } });
    expect(kills).toEqual([{ level: 2, reason: "venue misbehaves" }]);
  });
});

it("releases the kill switch in two steps within ten minutes, and a proposal is good for one", async () => {
  const { call, kills, clock } = await start();
  const resume = async (confirmed: boolean) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ confirmed, reason: "over" });
    return (await call("/resume", { method: "POST", headers, body })).json;
  };
  expect(await resume(true)).toEqual({ step: "notProposed" });
  expect(await resume(false)).toEqual({ step: "proposed" });
  clock.advance(600_001);
  expect(await resume(true)).toEqual({ step: "notProposed" });
  expect(kills).toEqual([]);
  await resume(false);
  clock.advance(600_000);
  expect(await resume(true)).toEqual({ step: "confirmed", killed: 0 });
  expect(kills).toEqual([{ level: 0, reason: "over" }]);
  expect(await resume(true)).toEqual({ step: "notProposed" });
});

it("goes back to weights in two steps, each confirmation of its own proposal", async () => {
  const { call, analysed, clock } = await start();
  const headers = { "content-type": "application/json" };
  const revert = async (version: number, confirmed: boolean) => {
    const body = JSON.stringify({ playbook: "signal:Y", version, confirmed, reason: "one crash" });
    return (await call("/weights", { method: "POST", headers, body })).json;
  };
  expect(await revert(3, false)).toEqual({ step: "proposed" });
  expect(await revert(2, true)).toEqual({ step: "notProposed" });
  expect(await revert(3, true)).toEqual({ step: "notProposed" });
  await revert(3, false);
  expect(await revert(3, true)).toEqual({ step: "confirmed" });
  const at = clock.wallMs();
  const basis = { sample: "an operator's word", method: "one crash", rows: 0, fromMs: at, toMs: at };
  expect(analysed).toEqual([{ kind: "weights", owner: 1, version: 3, weights: [], basis }]);
});

describe("an operator's command", () => {
  const WHY = { reason: "looked into" };
  it.each([
    ["/state", { state: "active" }, { type: "state", state: "active" }],
    [
      "/breakers/acknowledge",
      { breaker: "venueDown", subject: "b" },
      { type: "acknowledge", breaker: "venueDown", subject: 1 },
    ],
    [
      "/breakers/acknowledge",
      { breaker: "modelChanged", subject: "tv" },
      { type: "acknowledge", breaker: "modelChanged", subject: 0 },
    ],
    [
      "/breakers/acknowledge",
      { breaker: "clock", subject: "b" },
      { type: "acknowledge", breaker: "clock", subject: 1 },
    ],
    ["/breakers/acknowledge", { breaker: "clock" }, { type: "acknowledge", breaker: "clock", subject: -1 }],
    ["/breakers/acknowledge", { breaker: "drawdown" }, { type: "acknowledge", breaker: "drawdown", subject: -1 }],
    [
      "/limits",
      { name: "dailyLossMax", value: 5 },
      { type: "limit", name: "dailyLossMax", value: 5, confirmed: false },
    ],
    [
      "/limits",
      { name: "drawdownMax", value: 9, confirmed: true },
      { type: "limit", name: "drawdownMax", value: 9, confirmed: true },
    ],
    ["/venues/without", { venue: "b" }, { type: "without", venue: 1 }],
    [
      "/kill/part",
      { part: "venue", name: "b", level: 1 },
      { type: "killPart", part: "venue", index: 1, level: 1, confirmed: false },
    ],
    [
      "/kill/part",
      { part: "playbook", name: "signal:Y", level: 0, confirmed: true },
      { type: "killPart", part: "playbook", index: 1, level: 0, confirmed: true },
    ],
  ])("%s %j becomes a control with its reason", async (path, body, control) => {
    const { call, operated } = await start();
    const headers = { "content-type": "application/json" };
    expect(await call(path, { method: "POST", headers, body: JSON.stringify({ ...body, ...WHY }) })).toMatchObject({
      status: 200,
    });
    expect(operated).toEqual([{ ...control, ...WHY }]);
  });

  it.each([
    ["/state", { state: "booting", ...WHY }, "state:"],
    ["/state", { state: "active" }, "reason:"],
    ["/breakers/acknowledge", { breaker: "fuse", ...WHY }, "breaker:"],
    ["/breakers/acknowledge", { breaker: "venueDown", ...WHY }, "subject: must be one of a, b"],
    ["/breakers/acknowledge", { breaker: "venueDown", subject: "tv", ...WHY }, "subject:"],
    ["/breakers/acknowledge", { breaker: "clock", subject: "tv", ...WHY }, "subject:"],
    ["/breakers/acknowledge", { breaker: "drawdown", subject: "a", ...WHY }, "subject:"],
    ["/breakers/acknowledge", { breaker: "clock", reason: " " }, "reason:"],
    ["/venues/without", { venue: "c", ...WHY }, "venue: must be one of a, b"],
    ["/venues/without", { venue: "b" }, "reason:"],
    ["/kill/part", { part: "source", name: "tv", level: 1, ...WHY }, "part:"],
    ["/kill/part", { part: "instrument", name: "Y", level: 1, ...WHY }, "name: must be one of X"],
    ["/kill/part", { part: "venue", name: "a", level: 3, ...WHY }, "level:"],
    ["/kill/part", { part: "venue", name: "a", level: 0, confirmed: 1, ...WHY }, "confirmed:"],
    ["/kill/part", { part: "venue", name: "a", level: 1 }, "reason:"],
    ["/weights", { playbook: "shield:X", version: 1, ...WHY }, "playbook: must be one of signal:Y"],
    ["/weights", { playbook: "signal:Y", version: 1.5, ...WHY }, "version:"],
    ["/weights", { playbook: "signal:Y", version: 1, confirmed: 1, ...WHY }, "confirmed:"],
    ["/weights", { playbook: "signal:Y", version: 1 }, "reason:"],
    ["/resume", { confirmed: "yes", ...WHY }, "confirmed:"],
    ["/resume", {}, "reason:"],
    ["/limits", { name: "feeMax", value: 1, ...WHY }, "name:"],
    ["/limits", { name: "drawdownMax", value: -1, ...WHY }, "value:"],
    ["/limits", { name: "drawdownMax", value: "9", ...WHY }, "value:"],
    ["/limits", { name: "drawdownMax", value: 9, confirmed: "yes", ...WHY }, "confirmed:"],
    ["/limits", { name: "drawdownMax", value: 9 }, "reason:"],
  ])("%s %j is refused by the field's name", async (path, body, field) => {
    const { call, operated } = await start();
    const headers = { "content-type": "application/json" };
    const { status, json } = await call(path, { method: "POST", headers, body: JSON.stringify(body) });
    expect([status, json["code"]]).toEqual([400, "MALFORMED"]);
    expect(json["message"]).toContain(field);
    expect(operated).toEqual([]);
  });
});
