/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). `npm run bench -- kernels [options]`: the speed of the
 * statistics (kernels.ts). `npm run bench -- orders [options]`: one order at a venue (orders.ts). `npm run bench -- core [options]`:
 * a decision (core.ts). Each names its options at its head.
 */
import { benchCore } from "./core.ts";
import { benchKernels } from "./kernels.ts";
import { benchOrders } from "./orders.ts";

const [what, ...args] = process.argv.slice(2);
if (what === "kernels") await benchKernels(args);
else if (what === "orders") await benchOrders(args);
else if (what === "core") benchCore(args);
else await import("./latency.ts");
