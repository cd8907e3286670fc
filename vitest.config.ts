import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    pool: "forks",
    // Nothing of a file outlives it, so they share processes: a process each would cost a tenth of all the time.
    isolate: false,
    // Inherited by every thread that a test starts.
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      new URL("test/support/stripped-once.mjs", import.meta.url).href,
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
});
