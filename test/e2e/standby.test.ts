/**
 * An engine that is restarted under load with a standby intake beside it, in real processes: nobody is refused, nothing is
 * lost, nothing is decided twice.
 */
import { afterEach, expect, it } from "vitest";
import {
  type Engine,
  pause,
  type Running,
  startEngineProcess,
  startPaperProcess,
  startStandbyProcess,
  until,
} from "../support/engine-process.ts";
import { auditJournal, notDecidedOnce } from "../support/journal-audit.ts";
import { type Answer, schemaBody, WebhookSender } from "../support/senders.ts";
import { createWorld, type World } from "../support/world.ts";

const HEDGES = [1, 2];
const SEND_EVERY_MS = 10;

let world: World;
const started: Running[] = [];
afterEach(async () => {
  for (const process of started.splice(0).reverse()) await process.end("SIGKILL");
  world?.remove();
});

async function begin(): Promise<{ engine: Engine; standby: Running }> {
  world = await createWorld({ standby: true, hedgeMaxAgeMs: 600_000 });
  started.push(await startPaperProcess(world));
  const engine = await startEngine();
  const standby = await startStandby();
  return { engine, standby };
}

async function startEngine(): Promise<Engine> {
  const engine = await startEngineProcess(world);
  started.push(engine);
  return engine;
}

async function startStandby(): Promise<Running> {
  const standby = await startStandbyProcess(world);
  started.push(standby);
  return standby;
}

/** Sends as most senders do, with a connection for each webhook, and again whatever was not answered. */
class Load {
  readonly acknowledged = new Set<string>();
  readonly statuses = new Map<number, number>();
  /** By error code. */
  readonly broken = new Map<string, number>();
  readonly #bodies = new Map<string, string>();
  readonly #under: Promise<void>[] = [];
  #running = true;
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    await Promise.all(this.#under);
  }

  bodyOf(id: string): string {
    return this.#bodies.get(id) ?? "";
  }

  async #run(): Promise<void> {
    for (let n = 0; this.#running; n += 1) {
      const id = `standby-${n}`;
      this.#bodies.set(id, schemaBody(id, (n % 100) / 100));
      this.#under.push(this.#deliver(id));
      await pause(SEND_EVERY_MS);
    }
  }

  async #deliver(id: string): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const answer = await sendOnce(id, this.bodyOf(id));
      if (typeof answer === "string") {
        this.broken.set(answer, (this.broken.get(answer) ?? 0) + 1);
        await pause(20);
        continue;
      }
      this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 202 || answer.status === 200) {
        this.acknowledged.add(id);
        return;
      }
      await pause(50);
    }
  }
}

/** The answer, or the code of what broke the connection. */
async function sendOnce(id: string, body: string): Promise<Answer | string> {
  const sender = new WebhookSender(world, 1);
  try {
    return await sender.send(id, body);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    sender.close();
  }
}

const send = async (id: string, body: string): Promise<Answer> => {
  const answer = await sendOnce(id, body);
  if (typeof answer === "string") throw new Error(answer);
  return answer;
};

/** Every one of `ids` accepted once and decided once, by the engine's own journal. */
async function decidedOnce(ids: Iterable<string>): Promise<void> {
  const all = [...ids];
  let wrong: string[] = [];
  await until("every signal to be decided", () => {
    wrong = notDecidedOnce(auditJournal(world.dataDir, { hedges: HEDGES }), all);
    return wrong.length === 0;
  }).catch(() => {});
  expect(wrong).toEqual([]);
}

it("restarts under load without a refused sender, and decides each signal once", { timeout: 120_000 }, async () => {
  let { engine } = await begin();
  const load = new Load();
  for (let restart = 0; restart < 2; restart += 1) {
    await pause(700);
    const before = load.acknowledged.size;
    expect(await engine.end("SIGTERM")).toBe(0);
    await until("the standby to be heard", () => load.acknowledged.size > before + 20);
    engine = await startEngine();
    await pause(500);
  }
  await load.stop();
  console.info(
    `standby: ${load.acknowledged.size} acknowledged, ${JSON.stringify([...load.statuses])}, broken ${JSON.stringify([...load.broken])}`,
  );
  expect(load.broken.get("ECONNREFUSED") ?? 0).toBe(0);
  expect([...load.statuses.keys()].filter((status) => status >= 300)).toEqual([]);
  await decidedOnce(load.acknowledged);
  expect((await engine.positions()).state).toBe("active");
});

it("knows at each of the two what the other has accepted", { timeout: 120_000 }, async () => {
  let { engine } = await begin();
  const first = schemaBody("first", 0.3);
  const second = schemaBody("second", 0.4);
  const malformed = '{"signal_id":"third"';
  expect((await send("first", first)).status).toBe(202);
  await engine.end("SIGTERM");

  expect((await send("first", first)).status).toBe(200);
  expect((await send("first", schemaBody("first", 0.9))).status).toBe(409);
  expect((await send("second", second)).status).toBe(202);
  expect((await send("second", second)).status).toBe(200);
  expect((await send("unknown", schemaBody("unknown", 0.3, { asset: "NOTHING" }))).status).toBe(422);
  expect((await send("third", malformed)).status).toBe(400);

  engine = await startEngine();
  expect((await send("second", second)).status).toBe(200);
  expect((await send("second", schemaBody("second", 0.9))).status).toBe(409);
  expect((await send("unknown", schemaBody("unknown", 0.3, { asset: "NOTHING" }))).status).toBe(409);
  expect((await send("first", first)).status).toBe(200);
  await engine.end("SIGTERM");

  // Through a second handover, with another log.
  for (const [id, body] of [
    ["first", first],
    ["second", second],
  ] as const) {
    expect((await send(id, body)).status).toBe(200);
  }
  expect((await send("fourth", schemaBody("fourth", 0.2))).status).toBe(202);
  engine = await startEngine();
  await decidedOnce(["first", "second", "fourth"]);
});

it("loses nothing when the engine, then the standby, then the engine again are killed", {
  timeout: 120_000,
}, async () => {
  const { engine, standby } = await begin();
  const load = new Load();
  await pause(500);
  await engine.end("SIGKILL");
  const before = load.acknowledged.size;
  await until("the standby to be heard", () => load.acknowledged.size > before + 20);
  await load.stop();
  await standby.end("SIGKILL");
  // What it had accepted is on disk, and nobody needs to be there to hand it over.
  const revived = await startEngine();
  await revived.end("SIGKILL");
  const again = await startStandby();
  expect((await send("late", schemaBody("late", 0.7))).status).toBe(202);
  const last = await startEngine();
  console.info(`standby, kills: ${load.acknowledged.size} acknowledged, broken ${JSON.stringify([...load.broken])}`);
  await decidedOnce([...load.acknowledged, "late"]);
  expect((await last.positions()).state).toBe("active");
  expect(await again.end("SIGTERM")).toBe(0);
});
