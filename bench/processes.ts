/**
 * Processes of a run: started pinned, waited for until they say their port, ended one by one.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";

const READY_MS = 20_000;
const END_MS = 10_000;

export const hasTaskset = (): boolean => spawnSync("taskset", ["-c", "0", process.execPath, "--version"]).status === 0;

/**
 * Pins this thread, and every process started from it from now on, to the last core. False where that cannot be done. The threads
 * of V8 that compile and collect stay where they are: they are its own affair, as they are in use.
 */
export function pinThread(): boolean {
  if (availableParallelism() < 2) return false;
  const cpu = String(availableParallelism() - 1);
  return spawnSync("taskset", ["-cp", cpu, String(process.pid)]).status === 0;
}

/**
 * One child, on the cores of a list as taskset takes it ("" for any). Its standard output is read line by line, its standard
 * error goes to the file descriptor given.
 */
export class Process {
  readonly name: string;
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, cpus: string, command: string, args: readonly string[], log: number) {
    this.name = name;
    const pin = cpus === "" ? [] : ["taskset", "-c", cpus];
    const [program, ...rest] = [...pin, command, ...args];
    this.child = spawn(program!, rest, { stdio: ["pipe", "pipe", log] });
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line, or an error that says who went silent. */
  async line(timeoutMs = READY_MS): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.name} said nothing for ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const next = await Promise.race([this.#lines.next(), late]);
      if (next.done) throw new Error(`${this.name} ended early`);
      return next.value;
    } finally {
      clearTimeout(timer);
    }
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const late = setTimeout(() => this.child.kill("SIGKILL"), END_MS);
    await exited;
    clearTimeout(late);
  }
}
