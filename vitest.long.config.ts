import { defineConfig } from "vitest/config";

/** What takes minutes: run by hand or at night, one file at a time, so that each has the machine to itself. */
export default defineConfig({
  test: {
    include: ["test/long/**/*.test.ts"],
    pool: "forks",
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
    fileParallelism: false,
    reporters: ["verbose"],
  },
});
