/**
 * Canary secrets: a real engine with secrets that appear nowhere else is driven through good input, bad input, errors, a kill
 * and a restart; then everything it wrote and said is searched for them, in every form they could have leaked in.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { PAPER_API_SECRET } from "../../src/config/secrets.ts";
import { encodeFrame } from "../../src/wire/encode.ts";
import { decodedSignal, raw, rawPost } from "../gateway/support.ts";
import {
  type Engine,
  outrigger,
  type Running,
  startEngineProcess,
  startPaperProcess,
} from "../support/engine-process.ts";
import { schemaBody, sendAlert, sendFrames, WebhookSender } from "../support/senders.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
const started: Running[] = [];
afterAll(async () => {
  for (const process of started.reverse()) await process.end("SIGKILL");
  world?.remove();
});

it("lets no secret out", { timeout: 120_000 }, async () => {
  world = await createWorld({ lanes: "pool" });
  const config = JSON.parse(readFileSync(world.configFile, "utf8"));
  config.engine.logLevel = "trace";
  writeFileSync(world.configFile, JSON.stringify(config));
  const said: string[] = [];

  const paper = await startPaperProcess(world);
  started.push(paper);
  let engine = await startEngineProcess(world);
  started.push(engine);
  await drive(engine, said);
  await engine.end("SIGKILL");
  said.push(engine.output());
  engine = await startEngineProcess(world);
  started.push(engine);
  await drive(engine, said);
  // A second one on the same directory, and commands that fail: errors are where secrets like to show.
  for (const args of [
    ["run", "--paper", "--config", world.configFile],
    ["config", "show", "--config", world.configFile],
    ["config", "show", "--config", world.configFile, "--json"],
    ["config", "check", "--config", world.configFile],
    [
      "send",
      "--config",
      world.configFile,
      "-s",
      "hooks",
      "-a",
      "NOTHING",
      "-k",
      "hedge",
      "-d",
      "long",
      "--confidence",
      "0.9",
    ],
    ["positions", "--config", world.configFile],
  ]) {
    const { out, err } = await outrigger(...args);
    said.push(out, err);
  }
  await engine.end("SIGTERM");
  said.push(engine.output(), await brokenSecrets());

  const token = readFileSync(join(world.dataDir, "control.token"), "utf8").trim();
  const canaries: Readonly<Record<string, string>> = {
    webhook: world.webhookSecret,
    passphrase: world.passphrase,
    feed: world.feedToken,
    apiSecret: PAPER_API_SECRET,
    operator: token,
  };
  const forms = Object.entries(canaries).flatMap(([name, secret]) => formsOf(name, secret));
  expect(forms.length).toBeGreaterThan(20);
  const places = [
    ...filesUnder(world.dataDir),
    ...said.map((text, n) => ({ name: `said ${n}`, bytes: Buffer.from(text) })),
  ];
  const leaks = places.flatMap(({ name, bytes }) =>
    forms.filter(({ form }) => bytes.includes(form)).map(({ what }) => `${what} in ${name}`),
  );
  expect(leaks).toEqual([]);
  // Otherwise there was nothing to find anything in.
  expect(places.filter(({ name }) => name.includes("journal")).length).toBeGreaterThan(2);
  const everything = Buffer.concat(places.map(({ bytes }) => bytes));
  for (const proof of [
    "canary-good",
    "canary-malformed",
    "canary-alert",
    "canary-frame",
    "UNAUTHENTICATED",
    "canary-kill",
  ]) {
    expect(everything.includes(proof), proof).toBe(true);
  }
});

/** Every door, with what it takes and with what it refuses. */
async function drive(engine: Engine, said: string[]): Promise<void> {
  const sender = new WebhookSender(world, 4);
  const stamp = Date.now();
  const tell = (answer: unknown) => said.push(JSON.stringify(answer));
  tell(await sender.send(`canary-good-${stamp}`, schemaBody(`canary-good-${stamp}`, 0.5)));
  tell(
    await sender.send(
      `canary-late-${stamp}`,
      schemaBody(`canary-late-${stamp}`, 0.6, { generated_at: new Date(stamp - 5_000).toISOString() }),
    ),
  );
  for (const body of [
    '{"canary-malformed":',
    schemaBody("canary-malformed-2", 7),
    schemaBody("canary-unknown", 0.5, { asset: "NOTHING" }),
  ]) {
    tell(await sender.send(`canary-bad-${stamp}`, body));
  }
  sender.close();
  const time = new Date().toISOString();
  for (const [body, type] of [
    [
      `ticker=BTCUSDT.P market_position=long time=${time} comment=canary-alert passphrase=${world.passphrase}`,
      "text/plain",
    ],
    [`ticker=NOTHING market_position=long time=${time} passphrase=${world.passphrase}`, "text/plain"],
    [
      JSON.stringify({ ticker: "BTCUSDT.P", market_position: 7, time, passphrase: world.passphrase }),
      "application/json",
    ],
    [`ticker=BTCUSDT.P passphrase=${world.passphrase} passphrase=${world.passphrase}`, "text/plain"],
    [`{"passphrase":"${world.passphrase}"`, "application/json"],
    [`{"passphrase":"${world.passphrase}x"}`, "application/json"],
    [`{"x":"${world.passphrase}","passphrase":"${world.passphrase}"}`, "application/json"],
  ] as const) {
    tell(await sendAlert(world, body, type));
  }
  const frame = encodeFrame(decodedSignal({ signalId: `canary-frame-${stamp}`, asset: "BTCUSDT.P" }));
  tell(await sendFrames(world, [frame, frame.slice(0, 40), Buffer.from(`not a frame ${stamp}`)]));

  const receiverPort = Number(new URL(world.receiver).port);
  const json = { "content-type": "application/json" };
  for (const bytes of [
    rawPost("/hooks/hooks", { ...json, "webhook-signature": `v1,${world.webhookSecret}` }, "{}"),
    rawPost("/hooks/hooks", { ...json, authorization: world.webhookSecret, "transfer-encoding": "x" }, "{}"),
    rawPost(`/hooks/${world.passphrase}`, json, "{}"),
    `GET /feed?token=${world.feedToken} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${world.feedToken}x\r\n\r\n`,
  ]) {
    said.push((await raw(receiverPort, bytes, 50)).text);
  }
  const token = readFileSync(join(world.dataDir, "control.token"), "utf8").trim();
  const call = async (path: string, authorization: string, body?: string) => {
    const init = body === undefined ? {} : { method: "POST", body };
    const response = await fetch(`http://127.0.0.1:${world.controlPort}${path}`, {
      ...init,
      headers: { ...json, authorization },
    });
    said.push(await response.text(), JSON.stringify([...response.headers]));
  };
  await call(`/status?token=${token}`, `Basic ${token}`);
  await call("/kill", `Bearer ${token}`, `{"level":9,"reason":"x"}`);
  await call("/kill", `Bearer ${token}`, '{"level":1,"reason":"canary-kill"}');
  await call("/nothing", `Bearer ${token}`);
  said.push(JSON.stringify(await engine.status()), JSON.stringify(await engine.positions()));
}

/** Secrets that cannot be used: the refusal names the file. */
async function brokenSecrets(): Promise<string> {
  const file = join(dirname(world.configFile), "webhookSecret");
  writeFileSync(file, `${world.webhookSecret.replace("whsec_", "whsek_")}\n`);
  const { out, err, code } = await outrigger("run", "--paper", "--config", world.configFile);
  expect(code).not.toBe(0);
  writeFileSync(file, `${world.webhookSecret}\n`);
  rmSync(join(world.dataDir, "engine.pid"), { force: true });
  return `${out}${err}`;
}

interface Form {
  readonly what: string;
  readonly form: Buffer;
}

/** As it is, as part of it, encoded, and as the key that it decodes to. */
function formsOf(what: string, secret: string): Form[] {
  const bare = secret.replace("whsec_", "");
  const raws = [Buffer.from(secret), Buffer.from(bare), ...(bare === secret ? [] : [Buffer.from(bare, "base64")])];
  return raws.flatMap((bytes, n) => [
    { what: `${what} ${n}`, form: bytes },
    { what: `${what} ${n} in part`, form: bytes.subarray(0, 16) },
    { what: `${what} ${n} as hex`, form: Buffer.from(bytes.toString("hex")) },
    { what: `${what} ${n} as base64`, form: Buffer.from(bytes.toString("base64").replace(/=+$/, "")) },
    { what: `${what} ${n} as UTF-16`, form: Buffer.from(bytes.toString("latin1"), "utf16le") },
  ]);
}

/** All of the data directory but the one file that is there to hold a secret. */
function filesUnder(directory: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => basename(name) !== "control.token" && statSync(join(directory, name)).isFile())
    .map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
}
