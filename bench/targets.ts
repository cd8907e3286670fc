/**
 * What is measured: each target is a fresh process on the servers' core, with a port that takes signals.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SIGNALS } from "./frames.ts";
import { Process } from "./processes.ts";

/** As the launcher runs it. */
const NODE_FLAGS = createRequire(import.meta.url)("../bin/node-flags.cjs") as readonly string[];

export const TARGETS = ["echo", "control", "inline", "hosted", "naive"] as const;
export type TargetName = (typeof TARGETS)[number];

export const isEcho = (target: TargetName): target is "echo" | "control" => target === "echo" || target === "control";

export interface TargetParts {
  /** Cores it may use, as taskset takes them; "" for all. */
  readonly cpus: string;
  /** Empty directory of this target: configuration, token, journal. */
  readonly directory: string;
  readonly token: string;
  /** The order socket that the load client serves for it. */
  readonly orderPort: number;
  /** REST and streams of its venue. */
  readonly venuePort: number;
  /** File descriptor for what it says on standard error. */
  readonly log: number;
  /** The engine's entry file. */
  readonly engine: string;
  /** Options of Node for the engine, for profiles. */
  readonly nodeArgs: readonly string[];
}

export interface StartedTarget {
  readonly process: Process;
  readonly port: number;
}

export async function startTarget(name: TargetName, parts: TargetParts): Promise<StartedTarget> {
  const { cpus, log, orderPort, token } = parts;
  const node = (...args: string[]) => new Process(name, cpus, process.execPath, args, log);
  if (isEcho(name)) return ready(node(here("./echo.ts")), Number);
  if (name === "naive") return ready(node(here("./naive.ts"), String(orderPort), token), Number);
  const config = writeConfig(name, parts);
  const args = [...NODE_FLAGS, ...parts.nodeArgs, parts.engine];
  return ready(node(...args, "run", "--paper", "--json", "--config", config), (line) => {
    const { receiver } = JSON.parse(line) as { receiver: string };
    return Number(new URL(receiver).port);
  });
}

async function ready(process: Process, portOf: (line: string) => number): Promise<StartedTarget> {
  try {
    return { process, port: portOf(await process.line()) };
  } catch (cause) {
    await process.end();
    throw cause;
  }
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** JSON is YAML. Nothing of the path is switched off: only limits are as wide as a run of a million lots needs. */
function writeConfig(name: "inline" | "hosted", { directory, token, orderPort, venuePort }: TargetParts): string {
  mkdirSync(directory, { recursive: true });
  const tokenFile = join(directory, "feed.token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const venue = `127.0.0.1:${venuePort}`;
  const config = {
    engine: { id: SIGNALS.engineId, dataDir: join(directory, "data"), lanes: name === "inline" ? "inline" : "pool" },
    receiver: { port: 0 },
    control: { port: 0 },
    sources: [
      {
        name: SIGNALS.source,
        adapter: "feed",
        auth: { type: "bearer", tokenFile },
        ratePerSecMax: 1_000_000,
      },
    ],
    venues: [
      {
        name: "bench",
        type: "binance-usdm",
        environment: "paper",
        endpoints: {
          rest: `http://${venue}`,
          orders: `ws://127.0.0.1:${orderPort}/ws-fapi/v1`,
          stream: `ws://${venue}/private/ws`,
          market: `ws://${venue}/public/ws`,
        },
      },
    ],
    instruments: [
      { symbol: SIGNALS.asset, tickSize: "0.01", lotSize: "0.00001" },
      {
        symbol: `${SIGNALS.asset}:USDT`,
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "bench", symbol: "BTCUSDT", minNotional: 5 }],
      },
    ],
    shield: [
      {
        asset: SIGNALS.asset,
        hedge: `${SIGNALS.asset}:USDT`,
        holdings: String(SIGNALS.lotsFull / 1000),
        onUnknown: "wait",
        // Strength alone decides, so that every signal is worth its lot at any hour.
        weights: { positionSize: 0, signalStrength: 1, volatility: 0, riskAversion: 0, timeOfDay: 0 },
        night: { factor: 1 },
      },
    ],
    router: { intentsOpenMax: 4096 },
    risk: { orderNotionalMax: 1e9, positionNotionalMax: 1e12, depthMultipleMax: 1e12, ordersPerSecondMax: 100_000 },
    breakers: {
      dailyLossMax: 1e12,
      drawdownMax: 1e12,
      dailyCostMax: 1e12,
      ordersPerMinuteMax: 1_000_000,
      rejectsPerMinuteMax: 1_000_000,
      sameSideFillsPerMinuteMax: 1_000_000,
    },
  };
  const file = join(directory, "outrigger.yaml");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}
