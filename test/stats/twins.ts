/** The statistics kernels twice: as WebAssembly and as their TypeScript twin, each in a memory of its own. */
import { portableStats } from "../../assembly/stats/twin.ts";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { readBinary } from "../../src/wasm/binary.ts";

export interface Twins {
  readonly wasm: StatsKernels;
  readonly twin: StatsKernels;
  /** Of the one, of the other. */
  readonly memories: readonly [WebAssembly.Memory, WebAssembly.Memory];
}

const module = new WebAssembly.Module(readBinary("stats"));

export function kernelTwins(pages: number): Twins {
  const make = () => new WebAssembly.Memory({ initial: pages, maximum: 16_384 });
  const memories = [make(), make()] as const;
  const { exports } = new WebAssembly.Instance(module, { env: { memory: memories[0] } });
  return { wasm: exports as unknown as StatsKernels, twin: portableStats(memories[1]), memories };
}
