/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). With a name in front of the options something else: `kernels`,
 * the speed of the statistics; `orders`, one order at a venue; `core`, a decision; `backtest`, bars of the pairs study; `attack`,
 * good senders beside hostile ones; `restart`, a start on a large journal. `--help` prints the head of its file, which names its options.
 */
import { readFileSync } from "node:fs";
import { benchAttack } from "./attack.ts";
import { benchBacktest } from "./backtest.ts";
import { benchCore } from "./core.ts";
import { benchKernels } from "./kernels.ts";
import { benchOrders } from "./orders.ts";
import { benchRestart } from "./restart.ts";

const BENCHES: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  latency: () => import("./latency.ts"),
  kernels: benchKernels,
  orders: benchOrders,
  core: benchCore,
  backtest: benchBacktest,
  restart: benchRestart,
  attack: benchAttack,
};

const [first = ""] = process.argv.slice(2);
const isNamed = first !== "" && !first.startsWith("-");
const name = isNamed ? first : "latency";
const args = process.argv.slice(isNamed ? 3 : 2);
const bench = BENCHES[name];
try {
  if (bench === undefined) refuse(`no bench is called ${name}: there are ${Object.keys(BENCHES).join(", ")}`);
  else if (args.includes("--help")) console.log(isNamed ? headOf(name) : `${headOf("run")}\n\n${headOf(name)}`);
  else await bench(args);
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  if (!code?.startsWith("ERR_PARSE_ARGS")) throw error;
  refuse(`${message} (\`npm run bench -- ${name} --help\` names them)`);
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 2;
}

/** The comment that the file begins with, as plain text. */
function headOf(file: string): string {
  const [head = ""] = readFileSync(new URL(`./${file}.ts`, import.meta.url), "utf8").split("*/", 1);
  return head.replaceAll(/^(\/\*\*| \* ?)/gm, "").trim();
}
