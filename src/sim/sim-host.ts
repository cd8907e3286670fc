/**
 * Simulated host: the machine that the code under test believes to run on. For the time of a run it stands where Node's timers,
 * `Atomics.waitAsync`, `Atomics.notify` and the file calls of the journal are, so that the program itself needs no seam for
 * the simulation and pays nothing for it.
 *
 * Invariants
 *   - Everything happens in an action of the scheduler, on behalf of one thread. A thread that has died runs nothing more, and
 *     what its last call still does has no effect on disk or network.
 *   - Whatever else of the host the code under test reaches for (its clocks, its randomness, its files) throws `HostReached`.
 *   - A run is one callback of the real event loop: promises are the only asynchrony, they are settled by the scheduler, and what
 *     awaits them runs behind the action that settled them, as it does behind a callback of Node's own.
 *   - `release` puts everything back.
 */
import crypto from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { assert } from "../domain/units.ts";
import type { Prng } from "./prng.ts";
import type { Scheduled, Scheduler } from "./scheduler.ts";
import type { SimDisk } from "./sim-disk.ts";

/** Where the simulated disk is mounted. */
export const SIM_ROOT = "/outrigger-simulated";

/** The code under test has asked the real machine for something that differs from run to run. */
export class HostReached extends Error {
  override readonly name = "HostReached";
}

/** A thread of a simulated process. */
export class SimThread {
  readonly name: string;
  alive = true;

  constructor(name: string) {
    this.name = name;
  }
}

interface Waiter {
  readonly thread: SimThread;
  readonly wake: (word: "ok") => void;
}

/** So that a timer that is set again and again does not stand still in time. */
const TIMER_MS_MIN = 1;
const WAKE_MS_MAX = 0.1;

export class SimHost {
  /** On whose behalf the code that runs now runs. */
  current: SimThread | null = null;
  /** Told of an exception that no code has caught; the thread has died of it. */
  onUncaught: (thread: SimThread, error: unknown) => void = () => {};
  /** Told before a call that changes the disk takes effect, which it does only if its thread is alive afterwards. */
  onChange: (call: string) => void = () => {};
  readonly disk: SimDisk;
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #waiters = new Map<number, Waiter[]>();
  readonly #undo: (() => void)[] = [];

  constructor(scheduler: Scheduler, disk: SimDisk, prng: Prng) {
    this.#scheduler = scheduler;
    this.disk = disk;
    this.#prng = prng;
  }

  /** The action runs on `thread` unless that has died by then. */
  after(thread: SimThread, delayMs: number, action: () => void): Scheduled {
    return this.#scheduler.after(delayMs, () => this.enter(thread, action));
  }

  /** Runs the action now, on `thread`, from outside of it. */
  enter(thread: SimThread, action: () => void): void {
    if (!thread.alive) return;
    const before = this.current;
    this.current = thread;
    try {
      action();
    } catch (error) {
      // What a thread does after its death is nobody's fault.
      if (thread.alive) {
        thread.alive = false;
        this.onUncaught(thread, error);
      }
    }
    // What awaits what has just happened runs on this thread too, when the step is over.
    this.current = before ?? thread;
  }

  /** The next action, and then, on its thread, what awaited it. */
  step(): void {
    this.current = null;
    if (this.#scheduler.step() && this.current !== null) runMicrotasks();
  }

  /** Takes the machine's place. Nothing else may run in this process until `release`. */
  take(): void {
    assert(this.#undo.length === 0, "the host is already taken");
    this.#takeTimers();
    this.#takeWaits();
    this.#takeFiles();
    const reached = (what: string) => () => {
      throw new HostReached(`${what} was reached from the code under test`);
    };
    this.#replace(Math, "random", reached("Math.random"));
    this.#replace(Date, "now", reached("Date.now"));
    this.#replace(performance, "now", reached("performance.now"));
    this.#replace(process, "hrtime", reached("process.hrtime"));
    this.#replace(crypto, "randomBytes", reached("crypto.randomBytes"));
    this.#replace(crypto, "randomUUID", reached("crypto.randomUUID"));
    this.#replace(Atomics, "wait", reached("Atomics.wait"));
    const RealDate = Date;
    this.#replace(
      globalThis,
      "Date",
      new Proxy(RealDate, {
        construct(target, args, newTarget) {
          if (args.length === 0) reached("new Date()")();
          return Reflect.construct(target, args, newTarget);
        },
      }),
    );
    syncBuiltinESMExports();
  }

  release(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
    syncBuiltinESMExports();
    this.#waiters.clear();
    this.current = null;
  }

  #takeTimers(): void {
    const set =
      (repeats: boolean) =>
      (action: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
        const thread = this.#thread("a timer");
        const delayMs = Math.max(TIMER_MS_MIN, ms ?? 0);
        const timer = new SimTimer();
        const fire = (): void => {
          if (repeats) timer.scheduled = this.#scheduler.after(delayMs, entered);
          else timer.scheduled = null;
          action(...args);
        };
        // One closure for all turns of an interval: they are half of all actions.
        const entered = (): void => this.enter(thread, fire);
        timer.scheduled = this.#scheduler.after(delayMs, entered);
        return timer;
      };
    const clear = (timer: SimTimer | null | undefined): void => {
      if (timer?.scheduled) this.#scheduler.cancel(timer.scheduled);
    };
    const soon = (action: (...args: unknown[]) => void, ...args: unknown[]) => {
      const timer = new SimTimer();
      timer.scheduled = this.after(this.#thread("an immediate"), 0, () => action(...args));
      return timer;
    };
    this.#replace(globalThis, "setTimeout", set(false));
    this.#replace(globalThis, "setInterval", set(true));
    this.#replace(globalThis, "setImmediate", soon);
    for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) this.#replace(globalThis, name, clear);
  }

  #takeWaits(): void {
    const waitAsync = (words: Int32Array, index: number, value: number, timeoutMs?: number) => {
      if (words[index] !== value) return { async: false, value: "not-equal" };
      const thread = this.#thread("a wait");
      const { promise, resolve } = Promise.withResolvers<string>();
      const waiters = this.#waiters.get(index);
      const waiter = { thread, wake: resolve };
      if (waiters === undefined) this.#waiters.set(index, [waiter]);
      else waiters.push(waiter);
      if (timeoutMs !== undefined) this.after(thread, timeoutMs, () => resolve("timed-out"));
      return { async: true, value: promise };
    };
    const notify = (_words: Int32Array, index: number): number => {
      const waiters = this.#waiters.get(index);
      if (waiters === undefined) return 0;
      this.#waiters.delete(index);
      for (const { thread, wake } of waiters) {
        this.after(thread, WAKE_MS_MAX * this.#prng.float(), () => wake("ok"));
      }
      return waiters.length;
    };
    this.#replace(Atomics, "waitAsync", waitAsync);
    this.#replace(Atomics, "notify", notify);
  }

  /** Reading goes on for a dead thread, which cannot matter; changing does not. */
  #takeFiles(): void {
    const { disk } = this;
    const isOurs = (target: unknown): boolean =>
      typeof target === "number" ? target >= 1000 : typeof target === "string" && target.startsWith(SIM_ROOT);
    for (const name of READING) this.#route(name, isOurs, (...args) => (disk[name] as FileCall)(...args));
    for (const name of CHANGING) {
      const call = (...args: unknown[]) => {
        const thread = this.#thread(`fs.${name}`);
        if (thread.alive) this.onChange(name);
        if (thread.alive) return (disk[name] as FileCall).apply(disk, args);
        // What a caller that goes on needs to see: all bytes written, a descriptor of nothing.
        return name === "openSync" ? NO_FILE : args[3];
      };
      this.#route(name, isOurs, call);
    }
    for (const name of LATER) {
      const call = (...args: unknown[]) => {
        const done = args.pop() as (error: unknown, result?: unknown) => void;
        const thread = this.#thread(`fs.${name}`);
        this.after(thread, this.#prng.float(), () => {
          let result: unknown;
          try {
            result = (disk[`${name}Sync`] as FileCall).apply(disk, args);
          } catch (error) {
            done(error);
            return;
          }
          done(null, result);
        });
      };
      this.#route(name, isOurs, call);
    }
  }

  /** Calls on the simulated disk go there; of the real one only reading is left, for the program's own parts. */
  #route(name: string, isOurs: (target: unknown) => boolean, call: FileCall): void {
    const real = (fs as unknown as Record<string, FileCall>)[name]!;
    const readsOnly = (READING as readonly string[]).includes(name) || name === "openSync" || name === "closeSync";
    this.#replace(fs, name, (...args: unknown[]) => {
      if (isOurs(args[0])) return call(...args);
      if (readsOnly) return real.apply(fs, args);
      throw new HostReached(`fs.${name} of ${String(args[0])} was reached from the code under test`);
    });
  }

  #thread(what: string): SimThread {
    if (this.current === null) throw new HostReached(`${what} was reached from outside of every simulated thread`);
    return this.current;
  }

  #replace(owner: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    assert(before !== undefined || name in owner, `the host has no ${name}`);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: true });
    this.#undo.push(() => {
      if (before === undefined) delete (owner as Record<string, unknown>)[name];
      else Object.defineProperty(owner, name, before);
    });
  }
}

/**
 * What Node does behind every callback. It has no public name; awaiting in a loop of turns instead makes two thirds of all garbage of
 * a run, and has to guess how many turns are enough. Does nothing where a promise's callback is running already.
 */
const runMicrotasks = (process as unknown as { readonly _tickCallback: () => void })._tickCallback;

type FileCall = (...args: unknown[]) => unknown;
const READING = ["existsSync", "readdirSync", "readSync", "fstatSync", "statfsSync"] as const;
const CHANGING = [
  "mkdirSync",
  "openSync",
  "closeSync",
  "writeSync",
  "fsyncSync",
  "fdatasyncSync",
  "renameSync",
  "unlinkSync",
  "rmSync",
] as const;
const LATER = ["open", "close", "write", "fsync", "fdatasync", "unlink"] as const;

const NO_FILE = 2 ** 30;

/** What `setTimeout` gives: to be cleared, and never to keep a process alive. */
class SimTimer {
  scheduled: Scheduled | null = null;

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}
