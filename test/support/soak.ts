/**
 * Soak: signals at a steady rate over the feed for a while, and what came of each of them.
 */
import { fileURLToPath } from "node:url";
import { LAUNCHER_FLAGS, pause, startEngineProcess, startPaperProcess, startProcess, until } from "./engine-process.ts";
import { auditJournal, notDecidedOnce } from "./journal-audit.ts";
import { netLots, venueTruth } from "./venue-truth.ts";
import { createWorld } from "./world.ts";

const LOAD = fileURLToPath(new URL("./feed-load.ts", import.meta.url));
const SAMPLE_MS = 1000;

export interface SoakReport {
  readonly end: string;
  readonly sent: number;
  readonly acked: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Times the sender had to wait because too many frames were unanswered. */
  readonly heldBack: number;
  readonly tookMs: number;
  readonly notDecidedOnce: readonly string[];
  readonly decided: number;
  readonly orders: number;
  readonly alarms: readonly string[];
  readonly bookLots: number;
  readonly venueLots: number;
  /** Resident megabytes of the engine's process, one sample a second from the first frame on. */
  readonly rssMb: readonly number[];
}

export async function soak(signalsPerSec: number, seconds: number): Promise<SoakReport> {
  // Ids are forgotten once they are stale, so that the table is full long before the end and memory is at its steady state.
  const world = await createWorld({ dedupeIdsMax: 65_536, hedgeMaxAgeMs: 5000 });
  const paper = await startPaperProcess(world);
  const engine = await startEngineProcess(world, { nodeFlags: LAUNCHER_FLAGS });
  try {
    const url = `${world.receiver.replace("http", "ws")}/feed`;
    const load = await startProcess([LOAD, url, world.feedToken, String(signalsPerSec), String(seconds)]);
    const rssMb: number[] = [];
    const lines = () =>
      load
        .output()
        .split("\n")
        .filter((line) => line.startsWith("{"));
    const lateMs = performance.now() + (seconds + 30) * 1000;
    while (lines().length < 2) {
      if (performance.now() > lateMs) throw new Error(`the load did not end:\n${load.output()}`);
      rssMb.push((await engine.status()).rssMb);
      await pause(SAMPLE_MS);
    }
    const counts = JSON.parse(lines()[1] ?? "") as Pick<
      SoakReport,
      "end" | "sent" | "acked" | "statuses" | "heldBack" | "tookMs"
    >;
    const decidedNow = async () =>
      Object.values((await engine.status()).verdicts).reduce((sum, count) => sum + count, 0);
    await until("every signal is decided", async () => (await decidedNow()) >= (counts.statuses["202"] ?? 0));
    await until("nothing is pending", async () =>
      (await engine.positions()).hedges.every(
        ({ pendingBuyLots, pendingSellLots }) => pendingBuyLots + pendingSellLots === 0,
      ),
    );
    const { positions } = await engine.positions();
    const truth = await venueTruth(world);
    const audit = auditJournal(world.dataDir, { hedges: [1, 2] });
    const ids = Array.from({ length: counts.sent }, (_, at) => `soak-${at}`);
    return {
      ...counts,
      notDecidedOnce: notDecidedOnce(audit, ids),
      decided: audit.verdicts.size,
      orders: truth.orders.length,
      alarms: audit.alarms.map(({ code, message }) => `${code}: ${message}`),
      bookLots: positions.reduce((sum, { symbol, qtyLots }) => (symbol === "BTCUSDT" ? sum + qtyLots : sum), 0),
      venueLots: netLots(truth, "BTCUSDT"),
      rssMb,
    };
  } finally {
    await engine.end("SIGKILL");
    await paper.end("SIGTERM");
    world.remove();
  }
}
