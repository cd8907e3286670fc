/** A whole engine in the test's process: real receiver, real flusher, the lane where the configuration says, over HTTP. */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { signatureHeaders } from "../../src/cli/sign.ts";
import { controlTokenPath } from "../../src/config/paths.ts";
import { Redacted } from "../../src/config/secret.ts";
import { type Engine, startEngine } from "../../src/engine.ts";
import type { LaneRig } from "./lane-rig.ts";
import { type SampleOptions, sampleConfig, WEBHOOK_SECRET } from "./sample-config.ts";

export interface RunningEngine extends Engine {
  readonly log: string[];
  /** Posts a signed webhook; answers with status and JSON. */
  send(body: object | string): Promise<{ readonly status: number; readonly answer: Record<string, unknown> }>;
  /** Asks the control API with its token; with `command` it is a POST. */
  ask(path: string, command?: object): Promise<{ readonly status: number; readonly answer: Record<string, unknown> }>;
}

/** Over the data directory and the venues of a rig, whose own lanes must have stopped. */
export async function runEngine(rig: LaneRig, options: Partial<SampleOptions> = {}): Promise<RunningEngine> {
  const { config, secrets } = sampleConfig({
    directory: rig.directory,
    venues: rig.market.venues,
    receiverPort: await freePort(),
    controlPort: await freePort(),
    journal: { segmentBytes: 4 * 1024 * 1024 },
    ...options,
  });
  const log: string[] = [];
  const engine = await startEngine(config, secrets, { info: (text) => log.push(text), warn: (text) => log.push(text) });
  const secret = new Redacted(WEBHOOK_SECRET);
  return Object.assign(engine, {
    log,
    async ask(path: string, command?: object) {
      const token = readFileSync(controlTokenPath(config), "utf8").trim();
      const response = await fetch(`http://127.0.0.1:${engine.controlPort}${path}`, {
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(command === undefined ? {} : { method: "POST", body: JSON.stringify(command) }),
      });
      return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
    },
    async send(message: object | string) {
      const body = typeof message === "string" ? message : JSON.stringify(message);
      const headers = signatureHeaders("standard-webhooks", secret, { id: "msg", body, wallMs: Date.now() });
      const response = await fetch(`http://127.0.0.1:${engine.receiverPort}/hooks/sample`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
    },
  });
}

/** A webhook that hedges BTC by at most `quantity`. */
export const hedgeOf = (signalId: string, quantity: number, changes: object = {}) => ({
  signal_id: signalId,
  model: "test",
  model_version: "1",
  kind: "hedge",
  asset: "BTC/USDT",
  direction: "long",
  confidence: 0.9,
  time_horizon: "4h",
  generated_at: new Date().toISOString(),
  quantity,
  ...changes,
});

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
