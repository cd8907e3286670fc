/**
 * The real engine on a machine whose wall clock is set by an hour, forth and back, under it and between two of its processes.
 * libfaketime (Debian's `faketime`) sets the clock of that process alone; senders and venues keep the true one.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import {
  type Engine,
  outrigger,
  pause,
  type Running,
  startEngineProcess,
  startPaperProcess,
  until,
} from "../support/engine-process.ts";
import { schemaBody, WebhookSender } from "../support/senders.ts";
import { createWorld, type World } from "../support/world.ts";

const HOUR_MS = 3_600_000;
const LIBRARY = findLibrary();
if (LIBRARY === null) console.warn("libfaketime is not installed: the tests that set the clock are skipped");

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

it.skipIf(LIBRARY === null).each(["pool", "inline"] as const)(
  "%s lanes: no signal expires, no replay gets in and nothing opens while the clock is an hour off",
  { timeout: 180_000 },
  async (lanes) => {
    const { world, setClock, start } = await startWorld(lanes);
    let engine = await start("active");
    const { send, replay } = senders(world);
    const hedge = async (strength: number) => {
      const { accepted } = await engine.status();
      expect((await send(strength)).json).toMatchObject({ code: "ACCEPTED" });
      await until("the signal is decided", async () => (await engine.status()).accepted > accepted);
    };
    const heldLots = async () => (await engine.positions()).hedges[0]!.heldLots;
    const isClosed = async () => (await engine.status()).breakers.length === 0;

    await hedge(0.2);
    await until("the first hedge stands", async () => (await heldLots()) < 0);
    for (const jumpMs of [HOUR_MS, -HOUR_MS]) {
      setClock(jumpMs);
      await until("the breaker is open", async () => !(await isClosed()));
      expect((await engine.status()).state).toBe("reducing");
      const held = await heldLots();
      // True now: neither too old nor from the future. It would hedge more, and must not.
      await hedge(0.9);
      // Heard an hour ago by somebody who waited for the clock to go back; and what may come in an hour.
      for (const agoMs of [HOUR_MS, -HOUR_MS]) expect((await replay(agoMs)).status).toBe(401);
      await pause(500);
      expect(await heldLots()).toBe(held);

      await engine.end("SIGKILL");
      engine = await start("reducing");
      expect((await engine.status()).breakers).toMatchObject([{ breaker: "clock", subject: null }]);
      expect((await replay(-jumpMs)).status).toBe(401);
      await hedge(0.1);

      setClock(0);
      await until("the clocks agree", isClosed);
      await until("the engine is active", async () => (await engine.status()).state === "active");
      const before = await heldLots();
      await hedge(jumpMs > 0 ? 0.6 : 0.3);
      await until("it hedges again", async () => (await heldLots()) !== before);
    }
    const alarms = (await engine.status()).alarms.map(({ code }) => code);
    expect(alarms).not.toContain("SIGNAL_EXPIRED");
    expect(alarms).not.toContain("POSITION_MISMATCH");

    // An operator who has looked: the machine's clock is right.
    setClock(90_000);
    await until("the breaker is open", async () => !(await isClosed()));
    const said = await outrigger(
      "operate",
      "acknowledge",
      "clock",
      "--reason",
      "checked",
      "--config",
      world.configFile,
    );
    expect(said).toMatchObject({ code: 0 });
    await until("the breaker is closed", isClosed);
    expect((await send(0.3, new Date(Date.now() + 90_000))).json).toMatchObject({ code: "ACCEPTED" });
    await engine.end("SIGTERM");
  },
);

function senders(world: World) {
  const sender = new WebhookSender(world, 4);
  ends.push(() => sender.close());
  let sent = 0;
  const send = (strength: number, now = new Date()) => {
    const id = `clock-${++sent}`;
    return sender.send(id, schemaBody(id, strength, { generated_at: now.toISOString() }), now);
  };
  return { send, replay: (agoMs: number) => send(1, new Date(Date.now() - agoMs)) };
}

async function startWorld(lanes: "pool" | "inline") {
  const world = await createWorld({ lanes });
  ends.push(() => world.remove());
  const paper: Running = await startPaperProcess(world);
  ends.push(() => paper.end("SIGTERM"));
  const clockFile = join(world.dataDir, "..", "faketime");
  const setClock = (aheadMs: number) =>
    writeFileSync(clockFile, `${aheadMs < 0 ? "-" : "+"}${Math.abs(aheadMs) / 1000}s\n`);
  setClock(0);
  const env = {
    LD_PRELOAD: LIBRARY ?? "",
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: "1",
    // Older and newer name.
    DONT_FAKE_MONOTONIC: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const start = async (state: "active" | "reducing"): Promise<Engine> => {
    const engine = await startEngineProcess(world, { env, state });
    ends.push(() => engine.end("SIGKILL"));
    return engine;
  };
  return { world, setClock, start };
}

function findLibrary(): string | null {
  const libraries = "/usr/lib";
  if (!existsSync(libraries)) return null;
  for (const triplet of readdirSync(libraries)) {
    const library = join(libraries, triplet, "faketime", "libfaketimeMT.so.1");
    if (existsSync(library)) return library;
  }
  return null;
}
