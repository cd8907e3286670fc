/** Replay as a Piscina task: the same journal on another thread. */
import type { CoreConfig } from "../../src/core/config.ts";
import { type Replay, replayJournal } from "../../src/lane/replay.ts";

export default function replayTask(task: {
  readonly core: CoreConfig;
  readonly directory: string;
  readonly kernels: WebAssembly.Module;
}): Replay {
  return replayJournal(task.core, task.directory, task.kernels);
}
