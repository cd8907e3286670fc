/** The build check of the kernels: the module as built passes, and each planted fault is named. */
import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { describe, expect, test } from "vitest";
import { KERNEL_DATA_BYTES, KERNEL_DATA_OFFSET, MEMORY_PAGES } from "../../src/memory/layout.ts";
import { createShared } from "../../src/memory/shared.ts";
import { compileKernels, instantiateKernels, KERNELS_PATH } from "../../src/wasm/kernels.ts";

const { wasmProblems } = (await import(new URL("../../scripts/check-wasm.mjs", import.meta.url).href)) as {
  wasmProblems(bytes: Uint8Array): string[];
};
/** Every module below: with a load, or asc would drop the memory. */
const HEAP_BASE =
  "export function heapBase(): i32 { return <i32>__heap_base; } export function peek(at: i32): i32 { return load<i32>(at); }";
const END = KERNEL_DATA_OFFSET + KERNEL_DATA_BYTES;

describe("check-wasm", () => {
  test("passes the kernels as built, whose heap base lies in the kernel-data region", () => {
    expect(wasmProblems(readFileSync(KERNELS_PATH))).toEqual([]);
    const { heapBase } = instantiateKernels(compileKernels(), createShared().memory);
    expect(heapBase()).toBeGreaterThanOrEqual(KERNEL_DATA_OFFSET);
    expect(heapBase()).toBeLessThanOrEqual(END);
  });

  test("passes constant data inside the region", async () => {
    expect(wasmProblems(await build(`export function log(x: f64): f64 { return Math.log(x); } ${HEAP_BASE}`))).toEqual(
      [],
    );
  });

  test.each([
    [
      "data behind the region",
      "export function log(x: f64): f64 { return Math.log(x); }",
      END - 64,
      "data segment 0 at",
    ],
    ["data in the header", "export function log(x: f64): f64 { return Math.log(x); }", 16, "data segment 0 at"],
    ["a heap base behind the region", "", END + 16, "__heap_base"],
    [
      "allocation",
      "export function make(): StaticArray<f64> { return new StaticArray<f64>(4); }",
      KERNEL_DATA_OFFSET,
      "mutable",
    ],
    [
      "state of its own",
      "let calls = 0; export function count(): i32 { return ++calls; }",
      KERNEL_DATA_OFFSET,
      "mutable",
    ],
    [
      "a call to the host",
      "declare function now(): f64; export function at(): f64 { return now(); }",
      KERNEL_DATA_OFFSET,
      "calls nothing",
    ],
  ])("names %s", async (_, source, memoryBase, problem) => {
    const problems = wasmProblems(await build(`${source} ${HEAP_BASE}`, memoryBase));
    expect(problems.join("\n")).toContain(problem);
  });

  test("names a memory of another size", async () => {
    const problems = wasmProblems(await build(HEAP_BASE, KERNEL_DATA_OFFSET, MEMORY_PAGES - 1));
    expect(problems.join("\n")).toContain("declares memory");
  });
});

test("asconfig.json and the layout agree", () => {
  const config = JSON.parse(readFileSync(new URL("../../asconfig.json", import.meta.url), "utf8"));
  expect(config.options).toMatchObject({
    memoryBase: KERNEL_DATA_OFFSET,
    initialMemory: MEMORY_PAGES,
    maximumMemory: MEMORY_PAGES,
    optimizeLevel: 3,
    shrinkLevel: 0,
    runtime: "stub",
  });
});

async function build(source: string, memoryBase = KERNEL_DATA_OFFSET, pages = MEMORY_PAGES): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    [
      ..."planted.ts --outFile planted.wasm --runtime stub -O3 --importMemory --noExportMemory --sharedMemory".split(
        " ",
      ),
      ..."--enable threads --enable simd".split(" "),
      ...["--initialMemory", `${pages}`, "--maximumMemory", `${pages}`, "--memoryBase", `${memoryBase}`],
    ],
    {
      stderr,
      readFile: (name) => (name === "planted.ts" ? source : null),
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || binary === undefined) throw new Error(`asc failed: ${stderr.toString()}`, { cause: error });
  return binary;
}
