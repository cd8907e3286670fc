/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). With a name in front of the options something else: `kernels`,
 * the speed of the statistics; `orders`, one order at a venue; `core`, a decision; `backtest`, bars of the pairs study. Each names its
 * options at the head of its file.
 */
import { benchBacktest } from "./backtest.ts";
import { benchCore } from "./core.ts";
import { benchKernels } from "./kernels.ts";
import { benchOrders } from "./orders.ts";

const [what, ...args] = process.argv.slice(2);
if (what === "kernels") await benchKernels(args);
else if (what === "orders") await benchOrders(args);
else if (what === "core") benchCore(args);
else if (what === "backtest") benchBacktest(args);
else await import("./latency.ts");
