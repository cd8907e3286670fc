/** The thread of one run of snapshots.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { createShared } from "../memory/shared.ts";
import { instantiateKernels } from "../wasm/kernels.ts";
import { type SnapshotMessage, type SnapshotThreadData, takeSnapshots } from "./snapshots.ts";

const { task, kernels } = workerData as SnapshotThreadData;
const say = (message: SnapshotMessage) => parentPort!.postMessage(message);
try {
  say({ report: takeSnapshots(task, instantiateKernels(kernels, createShared().memory)) });
} catch (cause) {
  say({ failure: cause instanceof Error ? cause.message : String(cause) });
}
