/**
 * `npm run bench [-- options]`: the latency of signals (latency.ts). `npm run bench -- kernels [options]`: the speed of the
 * statistics (kernels.ts). Each names its options at its head.
 */
import { benchKernels } from "./kernels.ts";

if (process.argv[2] === "kernels") await benchKernels(process.argv.slice(3));
else await import("./latency.ts");
