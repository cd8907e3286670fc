/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). `npm run bench -- kernels [options]`: the speed of the
 * statistics (kernels.ts). `npm run bench -- orders [options]`: one order at a venue (orders.ts). `npm run bench -- attack
 * [options]`: good senders beside hostile ones (attack.ts). Each names its options at its head.
 */
import { benchAttack } from "./attack.ts";
import { benchKernels } from "./kernels.ts";
import { benchOrders } from "./orders.ts";

const [what, ...args] = process.argv.slice(2);
if (what === "kernels") await benchKernels(args);
else if (what === "orders") await benchOrders(args);
else if (what === "attack") await benchAttack(args);
else await import("./latency.ts");
