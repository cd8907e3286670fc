/**
 * Simulation: one scenario from its first event to its verdict, in virtual time, on the real code.
 *
 *   storm   the market moves, senders send, and whatever the scenario has drawn goes wrong
 *   heal    all that can go wrong ends; what is left must come to an end by itself, and is held against the truth
 *
 * The same seed gives the same events on every machine: `sha256` is over the line of each. A broken promise throws
 * `Violation`, which names the seed.
 */
import { hash } from "node:crypto";
import { WHOLE } from "../core/breakers.ts";
import { replayJournal } from "../lane/replay.ts";
import { createShared } from "../memory/shared.ts";
import { VirtualClock } from "../time/clock.ts";
import { compileKernels, instantiateKernels } from "../wasm/kernels.ts";
import { createPrng, type Prng } from "./prng.ts";
import { correlationAt, DIRECTORY, drawScenario, HEDGE, PRICE, type Profile, type Scenario } from "./scenario.ts";
import { Scheduler } from "./scheduler.ts";
import { JOURNAL, type Machine, SimComputer } from "./sim-computer.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimHost, SimThread } from "./sim-host.ts";
import type { SimLink } from "./sim-link.ts";
import { SimSenders } from "./sim-sender.ts";
import { createSimVenue, type SimVenue } from "./sim-venue.ts";
import { SimWitness, Violation } from "./sim-witness.ts";

export interface Outcome {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly events: number;
  readonly lives: number;
  readonly laneLives: number;
  readonly orders: number;
  readonly accepted: number;
  readonly powerLosses: number;
  readonly alarms: ReadonlySet<string>;
  readonly sha256: string;
}

export function createMachine(): Machine {
  const kernels = compileKernels();
  return { shared: createShared(), kernels, coreKernels: instantiateKernels(kernels, createShared().memory) };
}

/** Takes the host's place for one callback of the real event loop, and all of it. `say` hears a line per event. */
export function simulate(machine: Machine, profile: Profile, say?: (line: string) => void): Promise<Outcome> {
  // Not here and now: whoever awaits is himself behind a promise, where no other promise can go on.
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(new World(machine, drawScenario(profile), say).run());
      } catch (error) {
        reject(error);
      }
    });
  });
}

const START_MS = 1_700_000_000_000;
/** Replaying costs as much as half a scenario. */
const REPLAY_EVERY = 10;
const HEAL_MS_MAX = 40_000;
const HOUR_MS = 3_600_000;
const HEDGE_LISTINGS = DIRECTORY.listings.filter(({ instrument }) => instrument === HEDGE);

class World {
  readonly #machine: Machine;
  readonly #scenario: Scenario;
  readonly #say: ((line: string) => void) | undefined;
  /** One per event: all of the trace. */
  readonly #lines: string[] = [];
  readonly #prng: Prng;
  readonly #scheduler = new Scheduler(new VirtualClock(START_MS, 1e15));
  readonly #disk = new SimDisk();
  readonly #host: SimHost;
  readonly #venues: readonly SimVenue[];
  readonly #senders: SimSenders;
  readonly #witness: SimWitness;
  readonly #watcher = new SimThread("witness");
  readonly #computer: SimComputer;
  #violation: Violation | null = null;

  constructor(machine: Machine, scenario: Scenario, say: ((line: string) => void) | undefined) {
    this.#machine = machine;
    this.#scenario = scenario;
    this.#say = say;
    const { seed } = scenario;
    this.#prng = createPrng(seed * 4 + 1);
    this.#host = new SimHost(this.#scheduler, this.#disk, createPrng(seed * 4 + 2));
    this.#host.onUncaught = (thread, error) => this.#onUncaught(thread, error);
    this.#host.onChange = (name) => this.#computer.onChange(name);
    this.#venues = DIRECTORY.venues.map(({ index, name }) => this.#createVenue(index, name));
    this.#witness = new SimWitness(scenario, this.#venues, (broken) => this.#fail(broken));
    this.#disk.onWrite = (path, bytes, offset) => this.#witness.onWrite(path, bytes, offset);
    this.#computer = new SimComputer({
      machine,
      scenario,
      scheduler: this.#scheduler,
      host: this.#host,
      disk: this.#disk,
      prng: this.#prng,
      venues: this.#venues,
      witness: this.#witness,
      line: (text) => this.#line(text),
      fail: (broken) => this.#fail(broken),
      onOpen: () => this.#host.enter(this.#watcher, () => this.#witness.onRecovered(JOURNAL)),
      onLeftOut: () => this.#senders.send("hedge", (1 + this.#prng.int(100)) / 100, this.#scheduler.clock.wallMs()),
    });
    this.#senders = new SimSenders(scenario.senders, {
      scheduler: this.#scheduler,
      prng: createPrng(seed * 4 + 3),
      deliver: (letter, answer) => {
        const process = this.#computer.process;
        if (process === null || !process.isOpen) return false;
        this.#line(`signal ${letter.key}`);
        this.#host.enter(process.main, () =>
          process.receive(letter.source, letter.signal, letter.body, (verdict) => {
            if (process.isAlive) answer(verdict);
          }),
        );
        return true;
      },
      onAnswer: (letter, verdict) => {
        this.#line(`answer ${letter.key} ${verdict.code}`);
        this.#witness.onVerdict(letter.key, verdict.code, this.#scheduler.clock.wallMs() - letter.signal.generatedAtMs);
        if (verdict.status < 300) this.#witness.onAck(letter.key);
      },
    });
  }

  run(): Outcome {
    const { seed, stormMs, venues } = this.#scenario;
    this.#host.take();
    try {
      this.#moveMarket(0);
      this.#computer.startProcess();
      this.#runFor(150);
      for (const [index, { faults }] of venues.entries()) this.#venues[index]!.setFaults(faults);
      this.#planSignals();
      const endMs = this.#scheduler.nowMs + stormMs;
      while (this.#scheduler.nowMs < endMs) {
        this.#runFor(20 + this.#prng.int(200));
        this.#stir();
      }
      this.#heal();
    } finally {
      this.#host.release();
    }
    if (this.#violation !== null) throw this.#violation;
    return {
      seed,
      scenario: this.#scenario,
      events: this.#lines.length,
      lives: this.#computer.lives,
      laneLives: this.#computer.laneLives,
      orders: this.#witness.orderCount,
      accepted: this.#witness.accepted,
      powerLosses: this.#computer.powerLosses,
      alarms: this.#witness.alarms,
      sha256: hash("sha256", this.#lines.join("")),
    };
  }

  #runFor(durationMs: number): void {
    const endMs = this.#scheduler.nowMs + durationMs;
    // The end is an action too, so that time gets there.
    let over = false;
    this.#scheduler.after(durationMs, () => {
      over = true;
    });
    while (!over && this.#scheduler.nowMs <= endMs) {
      this.#host.step();
      if (this.#violation !== null) throw this.#violation;
      this.#witness.check(this.#scheduler.nowMs);
    }
  }

  #planSignals(): void {
    const { signals, stormMs } = this.#scenario;
    const { int } = this.#prng;
    for (let sent = 0; sent < signals; sent++) {
      const atMs = sent === 0 ? 0 : int(stormMs);
      const kind = sent > 0 && int(4) === 0 ? "close" : "hedge";
      const strength = (1 + int(100)) / 100;
      this.#scheduler.after(atMs, () => this.#senders.send(kind, strength, this.#scheduler.clock.wallMs()));
    }
    if (!this.#scenario.troubles.has("clock")) return;
    // Recorded an hour ago by somebody who waits for our clock to go back.
    const oldMs = HOUR_MS + int(20_000);
    this.#scheduler.after(int(stormMs), () => this.#senders.send("hedge", 1, this.#scheduler.clock.wallMs() - oldMs));
  }

  /** What happens between events. */
  #stir(): void {
    const { int } = this.#prng;
    const { troubles } = this.#scenario;
    const pick = int(16);
    if (pick < 7) this.#moveMarket(0);
    else if (pick < 9 && troubles.has("outages")) {
      const venue = this.#venues[int(this.#venues.length)]!;
      this.#line(`outage ${venue.name}`);
      venue.outage(30 + int(1500));
    } else if (pick === 9 && troubles.has("lane")) this.#computer.crashLane();
    else if (pick === 10 && troubles.has("operator")) this.#computer.operate((1 + int(2)) as 1 | 2);
    else if (pick === 11 && troubles.has("operator")) this.#computer.setState("reducing");
    else if (pick === 12 && troubles.has("operator")) this.#computer.operate(0);
    else if (pick === 13 && troubles.has("diskFull")) this.#disk.trouble.full = !this.#disk.trouble.full;
    else if (pick === 14 && troubles.has("diskError")) {
      if (int(2) === 0) this.#disk.trouble.syncFails = true;
      else this.#disk.trouble.writeFails = true;
    } else if (pick === 15 && troubles.has("clock"))
      this.#computer.setClock([0, 150, -150, HOUR_MS, -HOUR_MS][int(5)]!);
  }

  #heal(): void {
    this.#line("heal");
    this.#computer.healing = true;
    for (const venue of this.#venues) venue.setFaults({});
    this.#senders.faults = { dropRequest: 0, dropAnswer: 0, duplicate: 0, lateMsMax: 0 };
    Object.assign(this.#disk.trouble, { full: false, syncFails: false, writeFails: false });
    if (this.#computer.clock.aheadMs !== 0) this.#computer.setClock(0);
    if (this.#computer.isUseless) this.#computer.restart(10, null);
    for (let passedMs = 0; passedMs < HEAL_MS_MAX; passedMs += 500) {
      this.#moveMarket(5000);
      this.#runFor(500);
      if (this.#computer.process?.isOpen && passedMs % 2000 === 500) this.#computer.operate(0);
      if (this.#computer.isUseless) this.#computer.restart(10, null);
      const core = this.#computer.process?.isOpen ? this.#computer.process.pool.core : null;
      if (core === null) continue;
      const { state } = core.risk;
      // A clock that agrees again needs nobody; one that was wrong when the machine booted does.
      if (passedMs >= 3000 && core.breakers.isOpen("clock", WHOLE))
        this.#computer.control({ type: "acknowledge", breaker: "clock", subject: WHOLE, reason: "simulated" });
      // The operator looks at the positions before he lets it go on.
      if (state === "reducing" && this.#bookIsTrue()) this.#computer.setState("active");
      const { router, shields } = core;
      const index = core.portfolio?.config.index ?? HEDGE;
      const idle =
        router.surplus.lots(index) === 0 &&
        router.inFlight === 0 &&
        router.open.length === 0 &&
        router.surplus.lots(HEDGE) === 0;
      const told = this.#venues.every(({ index }) => !core.amnesia.isMissing(index));
      const over = state === "active" && told;
      if (passedMs >= 1500 && idle && over && !shields[0]!.settling && this.#senders.settled) break;
    }
    const core = this.#computer.process?.isOpen ? this.#computer.process.pool.core : null;
    if (core === null) this.#fail("the engine does not come back");
    for (const letter of this.#senders.letters) {
      if (letter.status === 0) this.#fail(`${letter.key} is never answered`);
    }
    // The index follows the legs with the quotes behind their last fill.
    for (let turn = 0; turn < 4 && core.portfolio !== null; turn++) {
      this.#moveMarket(5000);
      this.#runFor(500);
    }
    this.#runFor(500);
    this.#witness.checkEnd(core);
    if (this.#scenario.seed % REPLAY_EVERY === 0) this.#checkReplay();
    if (this.#violation !== null) throw this.#violation;
  }

  /** The journal of all lives makes the same commands again, byte for byte. */
  #checkReplay(): void {
    const { kernels } = this.#machine;
    this.#host.enter(this.#watcher, () => {
      const { differences, gaps } = replayJournal(null, JOURNAL, kernels);
      const [difference] = differences;
      if (difference !== undefined) {
        const { epoch, step, lsn } = difference;
        this.#fail(`W12: replay differs in life ${epoch} behind step ${step}, at record ${lsn}`);
      }
      const [gap] = gaps;
      if (gap !== undefined && this.#computer.powerLosses === 0) {
        this.#fail(`W12: life ${gap.epoch} cannot be replayed from step ${gap.step} on`);
      }
    });
  }

  #bookIsTrue(): boolean {
    const core = this.#computer.process?.pool.core;
    return this.#scenario.core.directory.listings.every(
      ({ index, venue }) => core?.ledger.positionLots(index) === this.#venues[venue]!.exchange.positionLots(index),
    );
  }

  #onUncaught(thread: SimThread, error: unknown): void {
    if (error instanceof Violation) {
      this.#violation = error;
      return;
    }
    const process = this.#computer.process;
    if (process !== null && thread === process.pool.thread) process.pool.died(error);
    else
      this.#violation ??= this.#violationOf(`uncaught in ${thread.name}: ${String((error as Error).stack ?? error)}`);
  }

  // The market ------------------------------------------------------------------------------------------------------------

  #createVenue(index: number, name: string): SimVenue {
    const { seed, venues } = this.#scenario;
    const { latencyMsMax, skewMs } = venues[index]!;
    const tell = (how: Parameters<SimLink["tell"]>[0]) => this.#computer.tell(index, how);
    return createSimVenue(
      {
        index,
        name,
        latencyMs: { min: 1, max: latencyMsMax },
        clockSkewMs: skewMs,
        hostAheadMs: () => this.#computer.laneAheadMs(),
      },
      {
        onReport: (report) => {
          this.#line(`report ${report.clientOrderId.slice(22)} ${report.kind} ${report.status} ${report.cumQtyLots}`);
          tell((events) => events.onReport(report));
        },
        onQuote: (quote) => tell((events) => events.onQuote(quote)),
        onStatus: (status) => tell((events) => events.onStatus(status)),
      },
      this.#scenario.core.directory,
      this.#scheduler,
      createPrng(seed * 16 + index + 5),
    );
  }

  #moveMarket(depthMin: number): void {
    const { int } = this.#prng;
    for (const listing of HEDGE_LISTINGS) {
      const bid = PRICE + (int(300) - 150) * 2;
      const depth = () => depthMin + int(1200);
      this.#venues[listing.venue]!.setQuote(listing.index, bid, depth(), bid + 2 + 2 * int(4), depth());
    }
    const { portfolio, directory } = this.#scenario.core;
    if (portfolio === undefined) return;
    for (const { index, venue, instrument } of directory.listings) {
      if (instrument === portfolio.index)
        this.#venues[venue]!.setQuote(index, PRICE, depthMin + int(1200), PRICE + 2, depthMin + int(1200));
    }
    this.#analyse();
  }

  /** As the engine's own analyses do at every start, and again where the lane died of the last. */
  #analyse(): void {
    const { process } = this.#computer;
    if (!process?.isOpen || process.pool.core?.portfolio?.correlation.estimate !== null) return;
    this.#line("correlation");
    const analysis = correlationAt(this.#scheduler.clock.wallMs());
    this.#host.enter(process.main, () => process.pool.analysis(analysis));
  }

  #line(text: string): void {
    const line = `${this.#scheduler.nowMs} ${text}`;
    this.#lines.push(line);
    this.#say?.(line);
  }

  #fail(broken: string): never {
    const violation = this.#violationOf(broken);
    this.#violation ??= violation;
    throw violation;
  }

  #violationOf(broken: string): Violation {
    const { seed } = this.#scenario;
    const at = `event ${this.#lines.length}, ${this.#scheduler.nowMs} ms`;
    return new Violation(`seed ${seed}, ${at}: ${broken}; again: npm run sim -- --seed ${seed}`);
  }
}
