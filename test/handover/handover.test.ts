/**
 * The two halves of a handover in one process: a real standby with its log, its flusher and its port, a real link, and an
 * engine whose journal the test decides.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import type { Secrets } from "../../src/config/secrets.ts";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import { createReceiver, type Receiver } from "../../src/gateway/receiver.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import { Handover } from "../../src/handover/handover.ts";
import { type Link, linkPath, openLink, serveLink } from "../../src/handover/link.ts";
import { type Standby, startStandby } from "../../src/handover/standby.ts";
import { readStandbyLog, standbyLogDirectory } from "../../src/handover/standby-log.ts";
import type { HandoverMark } from "../../src/intake/fold.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { decodeFrame } from "../../src/wire/decode.ts";
import { directoryOf, receiverOptions, sourceRules } from "../../src/wiring/wiring.ts";
import { MemoryIntake, post, schemaBody, signedHeaders, sleep, until } from "../gateway/support.ts";
import { sampleConfig, WEBHOOK_SECRET } from "../support/sample-config.ts";

const undo: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Place {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: string[];
  send(id: string, changes?: Record<string, unknown>): Promise<number>;
}

async function place(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-handover-"));
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  const journal = { segmentBytes: 1024 * 1024 };
  const sample = sampleConfig({ directory, venues: [{ name: "paper-a", port: 1 }], receiverPort: port, journal });
  const config = { ...sample.config, receiver: { ...sample.config.receiver, standby: true } };
  return {
    config,
    secrets: sample.secrets,
    log: [],
    async send(id, changes = {}) {
      const body = schemaBody({ signal_id: id, asset: "BTC-USD", ...changes });
      const url = `http://127.0.0.1:${port}/hooks/sample`;
      return (await post(url, body, { ...signedHeaders(body, WEBHOOK_SECRET), connection: "close" })).status;
    },
  };
}

async function standbyAt({ config, secrets, log }: Place): Promise<Standby> {
  const say = (text: string) => void log.push(text);
  const standby = await startStandby(config, secrets, { info: say, warn: say });
  undo.push(() => standby.stop());
  return standby;
}

/** What outlives a death of the engine: its journal, here in memory. */
class Journal {
  readonly intake = new MemoryIntake();
  readonly dedupe = new DedupeTable(10_000);
  readonly sequences = new SequenceMarks();
  readonly marks: HandoverMark[] = [];
  failsAtMark = false;

  get ids(): string[] {
    return this.intake.accepted.map(({ signal }) => signal.signalId);
  }

  control(control: object): number {
    this.marks.push(control as HandoverMark);
    this.intake.lsn += 1;
    this.intake.flush();
    return this.intake.lsn;
  }
}

class Engine {
  readonly receiver: Receiver;
  readonly #handover: Handover;
  readonly #journal: Journal;
  readonly #place: Place;

  static async start(at: Place, journal: Journal): Promise<Engine> {
    return new Engine(at, journal, await Handover.start(at.config.engine.dataDir));
  }

  private constructor(at: Place, journal: Journal, handover: Handover) {
    this.#place = at;
    this.#journal = journal;
    this.#handover = handover;
    const { config, secrets } = at;
    const { dedupe, sequences, intake } = journal;
    this.receiver = createReceiver(receiverOptions(config, secrets), {
      directory: directoryOf(config),
      dedupe,
      sequences,
      intake,
      clock: new SystemClock(),
      decodeFrame,
      onAlarm: () => {},
      onCrash: (error) => at.log.push(String(error)),
    });
    undo.push(() => this.die());
  }

  takeBack(handed: HandoverMark | null = null): Promise<void> {
    const { config, log } = this.#place;
    const { intake, dedupe } = this.#journal;
    const say = (text: string) => void log.push(text);
    return this.#handover.takeBack({
      dataDir: config.engine.dataDir,
      receiver: this.receiver,
      intake: {
        deadLetter: (entry) => intake.deadLetter(entry),
        control: (control) => this.#journal.control(control),
        whenDurable: (lsn, done) => (this.#journal.failsAtMark ? done(false) : intake.whenDurable(lsn, done)),
      },
      dedupe,
      sources: config.sources.map(sourceRules),
      clock: new SystemClock(),
      handed,
      log: { info: say, warn: say },
    });
  }

  /** As a restart does; `between` runs while the standby listens and is not yet told that the engine has gone. */
  async leave(between: () => Promise<void> = async () => {}): Promise<void> {
    await until(() => this.#handover.hasStandby, "the standby's link");
    expect(await this.#handover.give()).toBe(true);
    await this.receiver.close(50);
    await between();
    this.#handover.gone();
    this.#handover.close();
  }

  async die(): Promise<void> {
    await this.receiver.close();
    this.#handover.close();
  }
}

it("hands over in order, once, and starts a new log", async () => {
  const at = await place();
  const journal = new Journal();
  const standby = await standbyAt(at);
  expect(standby.serving).toBe(true);
  const ids = Array.from({ length: 300 }, (_, n) => `s-${n}`);
  const made = { generated_at: Date.now() };
  for (const id of ids) expect(await at.send(id, made)).toBe(202);
  expect(await at.send("bad", { asset: "NOTHING" })).toBe(422);
  expect(await at.send("s-8", { ...made, direction: "short" })).toBe(409);

  const engine = await Engine.start(at, journal);
  await engine.takeBack();
  expect(journal.ids).toEqual(ids);
  expect(journal.intake.deadLetters.map(({ code }) => code)).toEqual(["UNKNOWN_ASSET", "ID_REUSED"]);
  await until(() => !standby.serving && [...readStandbyLog(at.config.engine.dataDir)].length === 0, "a new log");
  // The verdicts came over with them.
  expect(await at.send("s-7", made)).toBe(200);
  expect(await at.send("s-7", { ...made, direction: "short" })).toBe(409);
  expect(await at.send("new")).toBe(202);

  await engine.leave();
  await until(() => standby.serving, "the standby");
  expect(await at.send("while-away")).toBe(202);
  // Of the log that was thrown away; and what the sender hears must not wait for this one.
  expect(await at.send("s-299", made)).toBe(200);
  const next = await Engine.start(at, journal);
  await next.takeBack(journal.marks.at(-1) ?? null);
  expect(journal.ids).toEqual([...ids, "new", "while-away"]);
});

it("hands over again what a dying engine had not marked, and nothing twice", async () => {
  const at = await place();
  const journal = new Journal();
  const standby = await standbyAt(at);
  for (let n = 0; n < 20; n += 1) expect(await at.send(`s-${n}`)).toBe(202);
  journal.failsAtMark = true;
  const first = await Engine.start(at, journal);
  await expect(first.takeBack()).rejects.toThrow("the journal failed");
  await first.die();
  await until(() => standby.serving, "the standby to serve again");
  expect(await at.send("s-20")).toBe(202);

  journal.failsAtMark = false;
  const second = await Engine.start(at, journal);
  await second.takeBack();
  expect(journal.ids).toEqual(Array.from({ length: 21 }, (_, n) => `s-${n}`));
});

it("skips what was marked, by the mark alone", async () => {
  const at = await place();
  const journal = new Journal();
  const standby = await standbyAt(at);
  for (let n = 0; n < 5; n += 1) expect(await at.send(`s-${n}`)).toBe(202);
  await standby.stop();
  const first = await Engine.start(at, journal);
  await first.takeBack();
  await first.die();
  // An engine that remembers nothing but the mark; and a standby's log that nobody told to end.
  const forgetful = new Journal();
  await (await standbyAt(at)).stop();
  const second = await Engine.start(at, forgetful);
  await second.takeBack(journal.marks.at(-1) ?? null);
  expect(forgetful.ids).toEqual([]);
  await second.die();
  // A mark of some other log says nothing about this one.
  const stranger = new Journal();
  const third = await Engine.start(at, stranger);
  await third.takeBack({ log: "another", lsn: 1_000 });
  expect(stranger.ids).toEqual(["s-0", "s-1", "s-2", "s-3", "s-4"]);
});

it("knows a source by its name, whatever its number is by now, and keeps what is from none", async () => {
  const at = await place();
  const standby = await standbyAt(at);
  expect(await at.send("s-1")).toBe(202);
  await standby.stop();

  const turned = { ...at, config: { ...at.config, sources: [...at.config.sources].reverse() } };
  const journal = new Journal();
  const engine = await Engine.start(turned, journal);
  await engine.takeBack();
  const { signal } = journal.intake.accepted[0] as (typeof journal.intake.accepted)[0];
  expect(turned.config.sources[signal.source]?.name).toBe("sample");
  await engine.die();

  const without = {
    ...at,
    config: { ...at.config, sources: at.config.sources.filter(({ name }) => name !== "sample") },
  };
  const poorer = new Journal();
  const other = await Engine.start(without, poorer);
  await other.takeBack();
  expect(poorer.ids).toEqual([]);
  expect(poorer.intake.deadLetters.map(({ code, source, signalId }) => [code, source, signalId])).toEqual([
    ["NOT_FOUND", "sample", "s-1"],
  ]);
});

it("refuses a port that somebody else holds", async () => {
  const at = await place();
  const stranger: Server = createServer();
  await new Promise<void>((done) => stranger.listen(at.config.receiver.port, "127.0.0.1", done));
  undo.push(() => new Promise((done) => stranger.close(done)));
  const engine = await Engine.start(at, new Journal());
  await expect(engine.takeBack()).rejects.toMatchObject({ code: "PORT_IN_USE" });
});

it("stands by when it comes second, and takes over when the engine dies without a word", async () => {
  const at = await place();
  const engine = await Engine.start(at, new Journal());
  await engine.takeBack();
  const standby = await standbyAt(at);
  expect(standby.serving).toBe(false);
  expect(await at.send("to-the-engine")).toBe(202);
  expect(standby.taken).toBe(0);
  await engine.die();
  await until(() => standby.serving, "the standby to notice");
  expect(await at.send("to-the-standby")).toBe(202);
  expect(standby.taken).toBe(1);
});

it("lets senders wait while the other may still accept, and answers them then", async () => {
  const at = await place();
  const journal = new Journal();
  const engine = await Engine.start(at, journal);
  await engine.takeBack();
  const standby = await standbyAt(at);
  let answer: Promise<number> = Promise.resolve(0);
  await engine.leave(async () => {
    answer = at.send("in-between");
    await sleep(100);
    expect(standby.taken).toBe(0);
  });
  expect(await answer).toBe(202);
  expect(standby.taken).toBe(1);
});

it("takes over from a standby that answers later than the engine could wait for", async () => {
  const at = await place();
  const journal = new Journal();
  const engine = await Engine.start(at, journal);
  await engine.takeBack();
  // What such a standby would leave, made by a real one elsewhere.
  const elsewhere = await place();
  const standby = await standbyAt(elsewhere);
  expect(await elsewhere.send("late")).toBe(202);
  await standby.stop();
  const log = standbyLogDirectory(at.config.engine.dataDir);
  cpSync(standbyLogDirectory(elsewhere.config.engine.dataDir), log, { recursive: true });

  const said: string[] = [];
  const link = await openLink(at.config.engine.dataDir, () => ({
    onMessage: ({ type }) => void said.push(type),
    onEnd: () => {},
  }));
  link?.send({ type: "hello", serving: true });
  await until(() => said.includes("yield"), "the engine to ask for its port");
  link?.send({ type: "done" });
  await until(() => said.includes("handed"), "the engine to confirm");
  expect(journal.ids).toEqual(["late"]);
});

it("keeps a log of which the engine has not all: what it took while it was held up has been answered for", async () => {
  const at = await place();
  const standby = await standbyAt(at);
  const logged = () =>
    [...readStandbyLog(at.config.engine.dataDir)].map((entry) => ({
      id: entry.kind === "signal" ? entry.signal.signalId : "",
      mark: { log: entry.log, lsn: entry.lsn },
    }));
  expect(await at.send("s-1")).toBe(202);
  // As far as an engine had read that waited no longer.
  const [read] = logged();
  expect(await at.send("s-2")).toBe(202);
  const said: string[] = [];
  const engine = Promise.withResolvers<Link>();
  const server = await serveLink(at.config.engine.dataDir, (link) => {
    engine.resolve(link);
    return { onMessage: ({ type }) => void said.push(type), onEnd: () => {} };
  });
  undo.push(() => server.close());
  const link = await engine.promise;
  undo.push(() => link.end());
  link.send({ type: "yield" });
  link.send({ type: "handed", mark: read!.mark });
  // Everything is done in the order in which it comes.
  link.send({ type: "take" });
  await until(() => said.includes("serving"), "the standby to serve again");
  expect(said).toEqual(["hello", "done", "serving"]);
  expect(logged().map(({ id }) => id)).toEqual(["s-1", "s-2"]);
  link.send({ type: "yield" });
  link.send({ type: "handed", mark: logged()[1]!.mark });
  link.send({ type: "take" });
  await until(() => said.length === 5, "the standby to serve once more");
  expect(logged()).toEqual([]);
  expect(standby.taken).toBe(2);
});

it("cuts off whoever talks nonsense over the link, and goes on", async () => {
  const at = await place();
  const engine = await Engine.start(at, new Journal());
  await engine.takeBack();
  for (const nonsense of ["no json\n", "x".repeat(5_000)]) {
    const socket = connect(linkPath(at.config.engine.dataDir));
    socket.write(nonsense);
    await new Promise((resolve) => socket.once("close", resolve));
  }
  expect(await at.send("all-the-same")).toBe(202);
});

it("refuses a second standby on the same directory", async () => {
  const at = await place();
  await standbyAt(at);
  await expect(standbyAt(at)).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
});
