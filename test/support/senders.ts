/**
 * Senders as they exist outside: signed webhooks by the official `standardwebhooks` package, TradingView alerts, a feed.
 */
import { Agent, request } from "node:http";
import { Webhook } from "standardwebhooks";
import { WebSocket } from "ws";
import type { World } from "./world.ts";

export interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A signal in the normalised schema of SPEC §1. */
export const schemaBody = (signalId: string, strength: number, more: object = {}): string =>
  JSON.stringify({
    signal_id: signalId,
    model: "e2e-model",
    model_version: "1",
    kind: "hedge",
    asset: "BTC-USD",
    direction: "long",
    strength,
    confidence: 0.8,
    time_horizon: "4h",
    generated_at: new Date().toISOString(),
    ...more,
  });

/** Signed webhooks over a few kept-alive connections. */
export class WebhookSender {
  readonly #webhook: Webhook;
  readonly #url: string;
  readonly #agent: Agent;

  constructor(world: World, connections: number) {
    this.#webhook = new Webhook(world.webhookSecret);
    this.#url = `${world.receiver}/hooks/hooks`;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Rejects when the connection breaks before the answer. */
  send(signalId: string, body: string, now = new Date()): Promise<Answer> {
    return post(this.#url, this.#agent, body, {
      "content-type": "application/json",
      "webhook-id": signalId,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": this.#webhook.sign(signalId, now, body),
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export const sendAlert = (world: World, body: string, contentType: string): Promise<Answer> =>
  post(`${world.receiver}/hooks/tv-7f3a91c2`, new Agent(), body, { "content-type": contentType });

/** Sends frames over one feed connection and returns their acks, in order of the frames. */
export async function sendFrames(world: World, frames: readonly Uint8Array[]): Promise<Answer[]> {
  const socket = new WebSocket(`${world.receiver.replace("http", "ws")}/feed`, {
    headers: { authorization: `Bearer ${world.feedToken}` },
  });
  const acks: Answer[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", (code) => reject(new Error(`the feed closed with ${code}`)));
      socket.on("open", () => {
        for (const frame of frames) socket.send(frame);
      });
      socket.on("message", (data: Buffer) => {
        const json = JSON.parse(data.toString("utf8")) as { readonly frame: number; readonly status: number };
        acks[json.frame - 1] = { status: json.status, json: { ...json } };
        if (Object.keys(acks).length === frames.length) resolve();
      });
    });
  } finally {
    socket.terminate();
  }
  return acks;
}

function post(url: string, agent: Agent, body: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", reject);
      response.on("aborted", () => reject(new Error("the answer broke off")));
      response.on("end", () => {
        if (!response.complete) return reject(new Error("the answer broke off"));
        resolve({ status: response.statusCode ?? 0, json: text === "" ? {} : JSON.parse(text) });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    sent.end(body);
  });
}
