/**
 * Sample senders of `outrigger start`: a provider that signs webhooks and a binary feed, with the same proofs and over the
 * same sockets as any other sender. Their signals mean nothing.
 */
import { WebSocket } from "ws";
import type { Config } from "../config/schema.ts";
import type { Secrets } from "../config/secrets.ts";
import { createPrng } from "../sim/prng.ts";
import { encodeFrame } from "../wire/encode.ts";
import { signatureHeaders } from "./sign.ts";

export interface SampleSenders {
  stop(): Promise<void>;
}

const WEBHOOK_MS = 1500;
const FEED_MS = 200;
const SEED = 7;

export function startSampleSenders(config: Config, secrets: Secrets, receiverPort: number): SampleSenders {
  const prng = createPrng(SEED);
  const assets = config.shield.map(({ asset }) => asset);
  const started = Date.now();
  let sent = 0;
  const signal = (model: string) => ({
    signalId: `${model}-${started}-${++sent}`,
    asset: assets[sent % assets.length] ?? "",
    confidence: Math.round((0.5 + prng.float() / 2) * 1000) / 1000,
    model,
  });

  const webhooks = setInterval(() => {
    const source = config.sources.find(({ auth }) => auth.type === "standard-webhooks");
    const secret = source && secrets.sources.get(source.name)?.[0];
    if (!source || !secret) return;
    const { signalId, asset, confidence, model } = signal("sample-llm");
    const body = JSON.stringify({
      signal_id: signalId,
      model,
      model_version: "1",
      kind: "hedge",
      asset,
      direction: "long",
      confidence,
      time_horizon: "4h",
      generated_at: new Date().toISOString(),
    });
    const headers = signatureHeaders("standard-webhooks", secret, { id: signalId, body, wallMs: Date.now() });
    fetch(`http://${config.receiver.host}:${receiverPort}/hooks/${source.name}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: AbortSignal.timeout(3000),
    }).catch(() => {});
  }, WEBHOOK_MS);

  const feedSource = config.sources.find(({ adapter }) => adapter === "feed");
  const token = feedSource && secrets.sources.get(feedSource.name)?.[0];
  const feed =
    token &&
    new WebSocket(`ws://${config.receiver.host}:${receiverPort}/feed`, {
      headers: { authorization: `Bearer ${token.reveal()}` },
    });
  feed?.on("error", () => {});
  const frames = setInterval(() => {
    if (feed?.readyState !== WebSocket.OPEN) return;
    const { signalId, asset, confidence, model } = signal("sample-feed");
    feed.send(
      encodeFrame({
        signalId,
        model,
        modelVersion: "1",
        kind: "hedge",
        asset,
        direction: "long",
        strength: confidence,
        confidence,
        horizonMs: 3_600_000,
        generatedAtMs: Date.now() as never,
        notional: Number.NaN,
        quantity: Number.NaN,
        sequence: -1,
        sourceContext: "",
      }),
    );
  }, FEED_MS);

  return {
    async stop() {
      clearInterval(webhooks);
      clearInterval(frames);
      feed?.terminate();
    },
  };
}
