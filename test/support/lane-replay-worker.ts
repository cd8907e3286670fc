/** Replay as a Piscina task: the same journal on another thread. */
import type { LaneOptions } from "../../src/lane/options.ts";
import { type Replay, replayJournal } from "../../src/lane/replay.ts";

export default function replayTask(task: {
  readonly options: LaneOptions;
  readonly directory: string;
  readonly kernels: WebAssembly.Module;
}): Replay {
  return replayJournal(task.options, task.directory, task.kernels);
}
