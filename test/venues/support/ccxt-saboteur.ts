/**
 * ccxt's thread with a weak spot: dies at the step that `CCXT_SABOTAGE` names, which a thread reads when it is started.
 *
 *   received  the order has arrived in the thread, nothing of it has been sent
 *   sent      its frame has been written, the answer is not there
 *   answer    the answer has been read, and is not handed on
 *   event     the answer was handed on, the first event of the private stream is not
 *   throw     an exception nobody catches, while the order is under way
 *   loop      the thread never returns, while the order is under way
 */
import { parentPort } from "node:worker_threads";
import type { FromCcxt, ToCcxt } from "../../../src/venues/ccxt/messages.ts";

const port = parentPort!;
const step = process.env["CCXT_SABOTAGE"];

const post = port.postMessage.bind(port);
let placed = false;
port.postMessage = (message: FromCcxt) => {
  const named = message.type === "answer" || message.type === "event" ? message.type : "";
  if (placed && named === step) process.exit(1);
  post(message);
};

port.on("message", (message: ToCcxt) => {
  if (message.type !== "place") return;
  placed = true;
  if (step === "received") process.exit(1);
  // A turn of the loop later: ccxt builds and writes a frame within one.
  setImmediate(() => {
    if (step === "sent") process.exit(1);
    if (step === "throw") throw new Error("sabotage");
    while (step === "loop");
  });
});

await import("../../../src/venues/ccxt/worker.ts");
