/** The compiled kernels as files: `dist/<name>.wasm` of this package. scripts/build.mjs makes them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type BinaryName = "kernels" | "sha256" | "stats";

/** The kernels were never built. */
export class KernelsMissing extends Error {
  override readonly name = "KernelsMissing";
  readonly code = "KERNELS_MISSING";
}

export function readBinary(name: BinaryName): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(binaryPath(name)));
  } catch (cause) {
    throw new KernelsMissing(`dist/${name}.wasm cannot be read: run \`npm run build\``, { cause });
  }
}

/** From src/ as well as from dist/: both lie two levels above this file. */
export function binaryPath(name: BinaryName): string {
  return fileURLToPath(new URL(`../../dist/${name}.wasm`, import.meta.url));
}
