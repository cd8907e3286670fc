/**
 * Computer: the machine that the simulated engine runs on. It starts the process and starts it again, ends it at the moments that the
 * scenario has drawn, loses its power and boots, and sets its wall clock.
 *
 * Invariant: at most one process of the engine lives, and none while the machine is off.
 */

import type { CoreKernels } from "../core/config.ts";
import type { Control } from "../core/event.ts";
import { DEFAULT_MAX_AGE_MS, type SourceRules } from "../gateway/admission.ts";
import type { ClockNote } from "../lane/clock-keeper.ts";
import type { LaneOptions } from "../lane/options.ts";
import type { createShared } from "../memory/shared.ts";
import { CLOCKS_APART_MS_MAX } from "../time/clock.ts";
import type { Prng } from "./prng.ts";
import { DIRECTORY, type Kill, type Scenario, SOURCES } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";
import { SimClock } from "./sim-clock.ts";
import type { SimDisk } from "./sim-disk.ts";
import { SIM_ROOT, type SimHost } from "./sim-host.ts";
import { SimLink, type Socket } from "./sim-link.ts";
import { SimProcess } from "./sim-process.ts";
import type { SimVenue } from "./sim-venue.ts";
import type { SimWitness } from "./sim-witness.ts";

/** Made once for many simulations: what costs time to make and holds nothing of a run. */
export interface Machine {
  readonly shared: ReturnType<typeof createShared>;
  readonly kernels: WebAssembly.Module;
  /** On a memory of their own, for whoever folds beside the lane. */
  readonly coreKernels: CoreKernels;
}

export interface ComputerParts {
  readonly machine: Machine;
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly host: SimHost;
  readonly disk: SimDisk;
  readonly prng: Prng;
  readonly venues: readonly SimVenue[];
  readonly witness: SimWitness;
  line(text: string): void;
  fail(broken: string): never;
  /** A process has recovered its logs and opened its doors. */
  onOpen(): void;
  /** The engine begins without a venue that has not told what a power loss took. */
  onLeftOut(): void;
}

export const JOURNAL = `${SIM_ROOT}/journal`;
/** Enough for all of a scenario: replay needs them. */
const QUOTE_SEGMENTS_MAX = 100;
/** Snapshots, and the comparison of what they fold to, cost as much as half a scenario. */
const SNAPSHOTS_EVERY = 7;

export class SimComputer {
  readonly clock: SimClock;
  /** Null while nothing runs. */
  process: SimProcess | null = null;
  /** Troubles have ended: nothing dies any more. */
  healing = false;
  /** A process runs that somebody has to start again. */
  isUseless = false;
  lives = 0;
  laneLives = 0;
  powerLosses = 0;
  readonly #parts: ComputerParts;
  /** Between two looks for whether one is due; 0: none is taken. */
  readonly #snapshotMs: number;
  readonly #sockets: readonly Socket[] = DIRECTORY.venues.map(() => ({ link: null }));
  #calls = 0;
  #rolls = 0;
  #ordersSent = 0;
  /** Where the last of them went. */
  #lastVenue = 0;
  #nextKill = 0;
  #boots = 0;
  #clockSetMs = 0;
  /** Of the boot whose process wrote it. */
  #clockNote: { readonly boot: number; readonly offsetMs: number } | null = null;

  constructor(parts: ComputerParts) {
    this.#parts = parts;
    const { seed } = parts.scenario;
    this.#snapshotMs = seed % SNAPSHOTS_EVERY === 0 ? 100 + (seed % 7) * 150 : 0;
    this.clock = new SimClock(parts.scheduler.clock);
  }

  /** To whoever is connected to a venue. */
  tell(venue: number, how: Parameters<SimLink["tell"]>[0]): void {
    this.#sockets[venue]!.link?.tell(how);
  }

  startProcess(): void {
    const { syncMsMax } = this.#parts.scenario;
    this.lives++;
    this.isUseless = false;
    const process: SimProcess = new SimProcess({
      host: this.#parts.host,
      options: this.#laneOptions(),
      sources: SOURCE_RULES,
      shared: this.#parts.machine.shared,
      kernels: this.#parts.machine.kernels,
      machineClocks: this.clock,
      clockNote: this.#noteOfBoot(),
      coreKernels: this.#parts.machine.coreKernels,
      snapshotMs: this.#snapshotMs,
      syncMs: () => syncMsMax * this.#parts.prng.float(),
      connectTo: (index, thread, events) => {
        this.#parts.witness.onLink(index);
        return new SimLink({
          host: this.#parts.host,
          thread,
          venue: this.#parts.venues[index]!,
          socket: this.#sockets[index]!,
          events,
          listings: this.#parts.scenario.core.directory.listings
            .filter(({ venue }) => venue === index)
            .map((listing) => listing.index),
          latencyMs: () => 1 + this.#parts.prng.float() * 10,
          onPlace: (order) => {
            this.onChange("place");
            if (!thread.alive) return false;
            this.#parts.line(
              `place ${order.clientOrderId.slice(22)} ${order.side} ${order.qtyLots} at ${order.listing}`,
            );
            this.#parts.witness.onPlace(order, this.#parts.scheduler.nowMs);
            this.#parts.witness.onClocks(order, this.clock.aheadMs, this.#parts.scheduler.nowMs - this.#clockSetMs);
            this.#crashInOrder();
            return true;
          },
          onPlaced: () => {
            this.#lastVenue = index;
            this.#onOrder();
            this.#crashInOrder();
          },
          onPositions: () => this.#parts.witness.onPositions(index, this.#parts.scheduler.nowMs),
        });
      },
      onAlarm: ({ code, message }) => {
        this.#parts.line(`alarm ${code} ${message}`);
        this.#parts.witness.alarms.add(code);
      },
      onTrouble: (message) => this.#parts.line(`trouble ${message}`),
      onLaneDeath: (cause) => {
        this.laneLives++;
        this.#parts.line(`lane died: ${String(cause)}`);
        for (const [index, socket] of this.#sockets.entries()) {
          socket.link = null;
          this.#parts.venues[index]!.drop();
        }
      },
      onOpen: () => {
        this.#parts.line("open");
        this.#parts.onOpen();
      },
      onUseless: (cause) => {
        this.#parts.line(`useless: ${String(cause)}`);
        this.isUseless = true;
        if (String(cause).includes("JOURNAL_CORRUPT")) this.#parts.fail(`refuses its own log: ${String(cause)}`);
      },
    });
    this.process = process;
    this.#parts.line(`start ${this.lives}`);
  }

  /** The first process of a boot believes the system's clock; should that be wrong then, nothing here can know. */
  #noteOfBoot(): ClockNote {
    const note = this.#clockNote;
    if (note?.boot !== this.#boots && Math.abs(this.clock.aheadMs) > CLOCKS_APART_MS_MAX)
      this.#parts.witness.trustsNoClock();
    return {
      read: () => (note?.boot === this.#boots ? note.offsetMs : undefined),
      write: (offsetMs) => {
        this.#clockNote = { boot: this.#boots, offsetMs };
      },
    };
  }

  laneAheadMs(): number {
    const laneMs = this.process?.pool.clock?.wallMs();
    return laneMs === undefined ? 0 : laneMs - this.#parts.scheduler.clock.wallMs();
  }

  #laneOptions(): LaneOptions {
    const { core, segmentBytes } = this.#parts.scenario;
    return {
      index: 0,
      core,
      venues: [],
      journal: { directory: JOURNAL, segmentBytes, quoteSegmentsMax: QUOTE_SEGMENTS_MAX, bufferBytes: 8192 },
      bootId: `boot-${this.#boots}`,
    };
  }

  /** The process dies here and now, and is started again later. */
  restart(pauseMs: number, power: Kill["power"]): void {
    this.process?.kill();
    this.isUseless = false;
    this.#parts.line(power === null ? "killed" : "power lost");
    for (const [index, socket] of this.#sockets.entries()) {
      socket.link = null;
      this.#parts.venues[index]!.drop();
    }
    this.process = null;
    if (power !== null) {
      this.powerLosses++;
      this.#boots++;
      this.#parts.disk.losePower(power, this.#parts.prng);
      if (this.#parts.scenario.leavesOut) this.#takeVenueAway(pauseMs);
    }
    this.#parts.scheduler.after(pauseMs, () => {
      if (power !== null) this.clock.reboot();
      if (this.process === null) this.startProcess();
    });
  }

  /** From before the next boot until well behind it; the operator has enough of that at some time, or does not. */
  #takeVenueAway(bootMs: number): void {
    const { venues, scheduler, prng } = this.#parts;
    // Nearly always the one of which something may have been forgotten.
    const venue = venues[prng.int(4) === 0 ? prng.int(venues.length) : this.#lastVenue]!;
    this.#parts.line(`outage ${venue.name}`);
    venue.outage(bootMs + 500 + prng.int(8000));
    scheduler.after(bootMs + prng.int(5000), () => {
      if (!this.process?.isOpen || !this.process.pool.core?.amnesia.isMissing(venue.index)) return;
      this.#parts.line(`without ${venue.name}`);
      this.#parts.witness.onLeftOut(venue.index);
      this.control({ type: "without", venue: venue.index, reason: "simulated" });
      this.#parts.onLeftOut();
    });
  }

  /** The wall clock is set, and the venues' clients notice when they next measure. */
  setClock(aheadMs: number): void {
    this.#parts.line(`clock ahead by ${aheadMs} ms`);
    this.clock.aheadMs = aheadMs;
    this.#clockSetMs = this.#parts.scheduler.nowMs;
    for (const venue of this.#parts.venues)
      this.#parts.scheduler.after(this.#parts.prng.int(1000), () => venue.measure());
  }

  /** A disk call or an order of the engine is about to take effect: a moment at which a process may be killed. */
  onChange(name: string): void {
    const { current } = this.#parts.host;
    if (current === null || this.process === null || !this.process.owns(current) || this.healing) return;
    this.#calls++;
    if (name === "renameSync" && current !== this.process.snapshots) this.#rolls++;
    const kill = this.#parts.scenario.kills[this.#nextKill];
    if (kill === undefined || (this.#calls < kill.atCall && this.#rolls < kill.atRoll)) return;
    this.#nextKill++;
    this.#parts.line(`dies at ${name}`);
    this.#die(kill.power);
  }

  /** An order has left, and another moment may be near. */
  #onOrder(): void {
    this.#ordersSent++;
    const kill = this.#parts.scenario.kills[this.#nextKill];
    if (kill === undefined || this.#ordersSent < kill.afterOrder || this.healing) return;
    this.#nextKill++;
    const process = this.process;
    this.#parts.scheduler.after(kill.afterMs, () => {
      if (process === this.process && !this.healing) this.#die(kill.power);
    });
  }

  #die(power: Kill["power"]): void {
    const { int } = this.#parts.prng;
    this.restart(power === null ? 1 + int(500) : 2000 + int(3000), power);
  }

  crashLane(): void {
    const pool = this.process?.pool;
    if (pool === undefined || pool.core === null) return;
    pool.kill(new Error("crashed"));
  }

  /** A lane that throws in the midst of what it does, sometimes before the order has left and sometimes after. */
  #crashInOrder(): void {
    if (this.healing || !this.#parts.scenario.troubles.has("lane") || this.#parts.prng.int(10) > 0) return;
    this.#parts.line("the lane throws");
    throw new Error("thrown by the scenario");
  }

  operate(level: 0 | 1 | 2): void {
    const process = this.process;
    if (process === null || !process.isOpen) return;
    this.#parts.line(`kill switch ${level}`);
    this.#parts.host.enter(process.main, () => process.operate(level, "simulated"));
  }

  setState(state: "active" | "reducing"): void {
    if (!this.process?.isOpen) return;
    this.#parts.line(`state ${state}`);
    this.control({ type: "state", state, reason: "simulated" });
  }

  control(command: Control): void {
    const process = this.process;
    if (process?.isOpen) this.#parts.host.enter(process.main, () => process.control(command));
  }
}

const SOURCE_RULES: readonly SourceRules[] = SOURCES.map((name, index) => ({
  index,
  name,
  kinds: ["hedge", "close"],
  maxAgeMs: DEFAULT_MAX_AGE_MS,
  ratePerSecMax: 1000,
  rateBurst: 1000,
}));
