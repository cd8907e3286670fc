/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). With a name in front of the options something else: `kernels`,
 * the speed of the statistics; `orders`, one order at a venue; `core`, a decision; `backtest`, bars of the pairs study; `attack`,
 * good senders beside hostile ones; `restart`, a start on a large journal. Each names its options at the head of its file.
 */
import { benchAttack } from "./attack.ts";
import { benchBacktest } from "./backtest.ts";
import { benchCore } from "./core.ts";
import { benchKernels } from "./kernels.ts";
import { benchOrders } from "./orders.ts";
import { benchRestart } from "./restart.ts";

const [what, ...args] = process.argv.slice(2);
if (what === "kernels") await benchKernels(args);
else if (what === "orders") await benchOrders(args);
else if (what === "core") benchCore(args);
else if (what === "backtest") benchBacktest(args);
else if (what === "restart") await benchRestart(args);
else if (what === "attack") await benchAttack(args);
else await import("./latency.ts");
