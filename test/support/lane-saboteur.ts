/**
 * The lane's own worker, with somebody inside who breaks it on a word from the test: for hosts to be tested with real deaths.
 * The product has no part in it: sockets are watched where a link sends and where `ws` receives.
 */
import { threadId } from "node:worker_threads";
import WebSocket from "ws";
import type { Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import runLane, { type LaneTask } from "../../src/lane/worker.ts";
import { FRAME_HEAD_BYTES } from "../../src/venues/wire/client-frame.ts";
import { Link } from "../../src/venues/wire/link.ts";
import { POISON_ID, SABOTAGE_CHANNEL, type Sabotage, type SaboteurWord, SPARE_CHANNEL } from "./sabotage.ts";

let armed: Sabotage | null = null;

export default async function sabotagedLane(task: LaneTask): Promise<void> {
  watchSockets();
  poisonCore();
  // It hears before it says so.
  void listen(task);
  const channel = new BroadcastChannel(SABOTAGE_CHANNEL);
  channel.postMessage({ type: "loaded", threadId } satisfies SaboteurWord);
  channel.close();
  await runLane(task);
}

/** A spare that waits for its life hears nothing else: it would break of what was meant for the one before. */
async function listen({ begin }: LaneTask): Promise<void> {
  const early = new BroadcastChannel(SPARE_CHANNEL);
  early.onmessage = () => process.exit(1);
  await Atomics.waitAsync(begin, 0, 0).value;
  early.close();
  const channel = new BroadcastChannel(SABOTAGE_CHANNEL);
  // Not for the thread to live on.
  (channel as unknown as { unref(): void }).unref();
  const say = (word: SaboteurWord) => channel.postMessage(word);
  channel.onmessage = (event) => {
    const order = (event as { data: unknown }).data as { readonly sabotage?: Sabotage };
    if (order.sabotage === undefined) return;
    say({ type: "armed", threadId, sabotage: order.sabotage });
    // A turn later, so that the answer gets out.
    setTimeout(() => act(order.sabotage as Sabotage), 5);
  };
  say({ type: "born", threadId });
}

function act(sabotage: Sabotage): void {
  switch (sabotage) {
    case "throw":
      throw new Error("sabotage: thrown");
    case "reject":
      void Promise.reject(new Error("sabotage: rejected"));
      return;
    case "exit":
      process.exit(0);
      break;
    case "trap":
      trap();
      break;
    case "loop":
      for (;;) {}
    case "outOfMemory": {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1_000_000).fill(1.5));
    }
    default:
      armed = sabotage;
  }
}

/** (module (func (export "f") unreachable)) */
function trap(): void {
  const bytes = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11,
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
  (exports["f"] as () => void)();
}

/** A bug in the core: the signals of this id cannot be decided. */
function poisonCore(): void {
  const { step } = Core.prototype;
  Core.prototype.step = function (this: Core, event: Event) {
    if (event.type === "signal" && event.signal.signalId === POISON_ID) throw new Error("sabotage: poison");
    step.call(this, event);
  };
}

function watchSockets(): void {
  const { sendFrame } = Link.prototype;
  const { emit } = WebSocket.prototype;
  Link.prototype.sendFrame = function (this: Link, frame: Buffer, payloadBytes: number) {
    // Before it is masked in place.
    const text = frame.toString("latin1", FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + payloadBytes);
    const places = text.includes('"order.place"');
    if (places && armed === "beforeSend") process.exit(1);
    const sent = sendFrame.call(this, frame, payloadBytes);
    // The bytes are with the kernel: an idle socket is written at once.
    if (places && armed === "afterSend") process.exit(1);
    return sent;
  };
  WebSocket.prototype.emit = function (this: WebSocket, name: string, ...rest: unknown[]) {
    const reports = name === "message" && /ORDER_TRADE_UPDATE|"clientOrderId"/.test(String(rest[0]));
    if (reports && armed === "beforeReport") process.exit(1);
    return (emit as (...all: unknown[]) => boolean).call(this, name, ...rest);
  } as typeof emit;
}
