import { defineConfig } from "vitest/config";

/** Nothing of these outlives its file, so their files share processes: a process each would cost a tenth of all the time. */
const SHARING = [
  "analyses",
  "backtest",
  "bench",
  "config",
  "core",
  "domain",
  "gateway",
  "journal",
  "market-data",
  "observe",
  "paper",
  "preflight",
  "stats",
  "venues",
  "wasm",
  "wire",
].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    pool: "forks",
    // Inherited by every thread that a test starts.
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      new URL("test/support/stripped-once.mjs", import.meta.url).href,
    ],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "sharing", include: SHARING, isolate: false } },
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: ["test/long/**", ...SHARING] } },
    ],
  },
});
