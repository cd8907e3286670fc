import { defineConfig } from "vitest/config";

/** What takes minutes: run by hand or at night, one file at a time, so that each has the machine to itself. */
export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    pool: "forks",
    // As `main.ts` has it: threads end while they load here, too.
    env: { WS_NO_BUFFER_UTIL: "1" },
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ["verbose"],
  },
});
