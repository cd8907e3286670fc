/** `outrigger dlq` as a person runs it, against a real engine in a process of its own and against its journal afterwards. */
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type Engine,
  outrigger,
  type Running,
  startEngineProcess,
  startPaperProcess,
  until,
} from "../support/engine-process.ts";
import { schemaBody, WebhookSender } from "../support/senders.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let paper: Running;
let engine: Engine;

beforeAll(async () => {
  world = await createWorld({ lanes: "inline" });
  paper = await startPaperProcess(world);
  engine = await startEngineProcess(world);
});
afterAll(async () => {
  await engine.end("SIGKILL");
  await paper.end("SIGTERM");
  world.remove();
});

const dlq = (...args: readonly string[]) => outrigger("dlq", ...args, "--config", world.configFile);

it("lists, shows, replays and discards, and reads the journal when no engine runs", async () => {
  const sender = new WebhookSender(world, 2);
  const generated = { generated_at: new Date(Date.now() - 40_000).toISOString() };
  const body = schemaBody("stale", 0.5, generated);
  expect((await sender.send("m1", body)).status).toBe(422);
  expect((await sender.send("m2", "no json, but signed")).status).toBe(400);
  sender.close();
  const listed = await dlq("list");
  expect(listed.out).toContain("STALE: It was too old when it came.");
  const { letters } = JSON.parse((await dlq("list", "--json")).out);
  const [stale, malformed] = letters.map(({ position }: { position: number }) => String(position));
  const shown = await dlq("show", stale);
  expect(shown.out).toContain(`dead letter ${stale}, open`);
  expect(shown.out.endsWith(`${body}\n`)).toBe(true);

  expect(await dlq("replay", stale)).toMatchObject({ code: 4, out: expect.stringContaining("NEEDS_YES") });
  const replayed = await dlq("replay", stale, "--yes");
  expect(replayed).toMatchObject({ code: 0, out: expect.stringContaining(`taken by the lane as replay.${stale}.1`) });
  await until("it is hedged", async () => (await engine.positions()).hedges.some(({ heldLots }) => heldLots !== 0));
  expect(await dlq("replay")).toMatchObject({ code: 2, err: expect.stringContaining("--all") });
  expect(await dlq("show", "999999")).toMatchObject({ code: 4 });

  await engine.end("SIGKILL");
  const offline = await dlq("list", "--json");
  expect(JSON.parse(offline.out)).toMatchObject({ open: 1, letters: [{ position: Number(malformed), state: "open" }] });
  expect((await dlq("show", malformed)).out).toContain("no json, but signed");
  expect(JSON.parse((await dlq("show", stale, "--json")).out)).toMatchObject({ state: "done", attempts: 1, body });
  expect(await dlq("discard", malformed, "--reason", "x")).toMatchObject({ code: 3 });

  engine = await startEngineProcess(world);
  expect(await dlq("discard", "--all", "--reason", "mended")).toMatchObject({
    code: 0,
    out: `discarded 1: ${malformed}\n`,
  });
  expect((await dlq("list")).out).toBe("no dead letters\n");
});
