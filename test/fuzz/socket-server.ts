/**
 * The receiver that is fuzzed, in a process of its own: when uWebSockets.js aborts, it takes its process with it.
 *
 * Tells its parent the port first, then every body it acted on, and on request how it is. Its wall clock stands at `WALL_MS`.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { EpochMs } from "../../src/domain/units.ts";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import type { Intake } from "../../src/gateway/intake.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { FEED_TOKEN, PASSPHRASE, rules, signedHook, startHarness, tradingViewHook } from "../gateway/support.ts";
import { fingerprint, WALL_MS } from "./socket-cases.ts";

/** What the receiver did: accepted a signal, or kept a dead letter. */
export interface Act {
  readonly accepted: boolean;
  readonly source: string;
  readonly signalId: string;
  readonly body: string;
  /** An alert's body with its passphrase blanked, which is what proves that it had it. */
  readonly blanked: boolean;
}

export interface Health {
  readonly connections: number;
  readonly handles: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly counts: Readonly<Record<string, number>>;
}

export type ServerMessage =
  | { readonly port: number }
  | { readonly acts: readonly Act[] }
  | { readonly crash: string }
  | { readonly health: Health };

/** Planted bug: the door's check is gone. A fuzzer that does not notice is worth nothing. */
const planted = process.argv.includes("--plant-open-door");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const tell = (message: ServerMessage) => process.send?.(message);

class StoppedClock extends SystemClock {
  override wallMs(): EpochMs {
    return WALL_MS as EpochMs;
  }
}

let lsn = 0;
let acts: Act[] = [];
const did = (accepted: boolean, source: string, signalId: string, body: Uint8Array) => {
  const blanked = Buffer.from(body).includes("*".repeat(PASSPHRASE.length));
  acts.push({ accepted, source, signalId, body: fingerprint(body), blanked });
  if (acts.length === 1) {
    setImmediate(() => {
      tell({ acts });
      acts = [];
    });
  }
  lsn += 1;
  return lsn;
};
const SOURCES = ["sample", "tv", "feed"];
const intake: Intake = {
  accept: (signal, _, body) => did(true, SOURCES[signal.source] ?? "", signal.signalId, body),
  deadLetter: ({ source, signalId, body }) => did(false, source, signalId, body),
  // A little later, as a disk would: answers wait, and some of those who asked have left by then.
  whenDurable: (_, done) => void setImmediate(() => done(true)),
};

const hook = planted ? signedHook({ verify: () => ({ keyId: "anybody", why: "" }) }) : signedHook();
const { receiver } = await startHarness(
  {
    answerTimeoutMs: 500,
    authFailuresPerMinuteMax: Number.MAX_SAFE_INTEGER,
    hooks: [hook, tradingViewHook()],
    feeds: [{ ...rules(2, "feed"), tokens: [FEED_TOKEN] }],
  },
  {
    clock: new StoppedClock(),
    dedupe: new DedupeTable(2 ** 20),
    intake,
    onAlarm: () => {},
    onCrash: (error) => tell({ crash: error instanceof Error ? String(error.stack) : String(error) }),
  },
);

process.on("message", () => {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  tell({
    health: {
      connections: receiver.connections(),
      handles: process.getActiveResourcesInfo().length,
      rssBytes: rss,
      heapBytes: heapUsed,
      counts: receiver.counts,
    },
  });
});
process.on("disconnect", () => process.exit(0));
tell({ port: receiver.port });
