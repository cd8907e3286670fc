import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes longest begins first, on a machine that has never run it too: begun last it would run alone. */
const LONGEST = ["/test/sim/simulation.", "/test/e2e/", "/test/lane/"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((part) => moduleId.includes(part));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    sequence: { sequencer: LongestFirst },
    pool: "forks",
    // As `main.ts` has it: threads end while they load here, too.
    env: { WS_NO_BUFFER_UTIL: "1" },
    // Nothing of a file outlives it, so they share processes: a process each would cost a tenth of all the time.
    isolate: false,
    // Inherited by every thread that a test starts.
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--import",
      new URL("test/support/stripped-once.mjs", import.meta.url).href,
    ],
    // Bounds what hangs; a machine under other load may take a while over the rest.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // One more than the least machine has cores: whole files do little but wait.
    maxWorkers: 3,
  },
});
