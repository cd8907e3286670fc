/** Opening: only memory that this build formatted. */
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { describeControl, describeHeader } from "../../src/memory/inspect.ts";
import * as layout from "../../src/memory/layout.ts";
import { createShared, openShared } from "../../src/memory/shared.ts";

describe("openShared", () => {
  test("sees the bytes that createShared formatted", () => {
    const shared = createShared();
    const again = openShared(shared.memory);
    Atomics.store(shared.i32, layout.KILL_SWITCH_OFFSET / 4, 2);
    expect(Atomics.load(again.i32, layout.KILL_SWITCH_OFFSET / 4)).toBe(2);
    expect(describeHeader(again)).toBe(`header @0: magic=OTRG version=${layout.LAYOUT_VERSION} memoryBytes=33554432`);
    expect(describeControl(again)).toContain("killSwitch=2 engineState=0");
  });

  test.each([
    ["magic", layout.HEADER_MAGIC_OFFSET],
    ["version", layout.HEADER_VERSION_OFFSET],
    ["memoryBytes", layout.HEADER_MEMORY_BYTES_OFFSET],
  ])("refuses another %s", (field, offset) => {
    const { memory, i32 } = createShared();
    i32[offset / 4] = (i32[offset / 4] as number) + 1;
    expect(() => openShared(memory)).toThrow(expect.objectContaining({ code: "LAYOUT_MISMATCH", field }));
  });

  test("refuses memory that is not shared, or of another size", () => {
    const own = new WebAssembly.Memory({ initial: layout.MEMORY_PAGES, maximum: layout.MEMORY_PAGES });
    expect(() => openShared(own)).toThrow(expect.objectContaining({ field: "shared" }));
    const small = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    expect(() => openShared(small)).toThrow(expect.objectContaining({ field: "byteLength" }));
  });

  test("works in another thread over the same bytes", async () => {
    const shared = createShared();
    const source = `
      const { workerData } = require("node:worker_threads");
      import(workerData.module).then(({ openShared }) => {
        Atomics.store(openShared(workerData.memory).i32, ${layout.ENGINE_STATE_OFFSET / 4}, 41);
      });`;
    const module = new URL("../../src/memory/shared.ts", import.meta.url).href;
    const worker = new Worker(source, { eval: true, workerData: { memory: shared.memory, module } });
    await new Promise((resolve, reject) => worker.once("error", reject).once("exit", resolve));
    expect(Atomics.load(shared.i32, layout.ENGINE_STATE_OFFSET / 4)).toBe(41);
  });
});
