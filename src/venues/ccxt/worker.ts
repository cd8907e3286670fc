/**
 * The thread in which ccxt runs, one per venue: the only file that loads ccxt, and of it one exchange's module only.
 *
 * ccxt leaves promises that nobody waits for; one that rejects would end a process. Here it is reported and the thread goes on:
 * what the call was about has its own end. Everything else that is thrown ends this thread and nothing more, and the lane's side
 * starts another.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../domain/units.ts";
import { VenueError } from "../venue-error.ts";
import { constructorSettings } from "./environment.ts";
import type { CcxtExchange } from "./exchange.ts";
import type { CcxtTask, FailureFacts, FromCcxt, ToCcxt } from "./messages.ts";
import { AUTH_CLASSES } from "./outcome.ts";
import { profileOf } from "./profiles.ts";
import { CcxtSession } from "./session.ts";

const port = parentPort;
assert(port !== null, "ccxt runs in a thread of its own");
const post = (message: FromCcxt) => port.postMessage(message);

process.on("unhandledRejection", (cause) => {
  const message = cause instanceof Error ? cause.constructor.name : "a promise was rejected";
  post({ type: "failure", failure: { code: "UNREACHABLE", field: "ccxt", message }, ends: false });
});

try {
  const task = workerData as CcxtTask;
  const profile = profileOf(task.exchange, task.family);
  if (profile === null) {
    const message = `${task.name}: ${task.exchange} takes no client order ids of 32 characters through ccxt`;
    throw new VenueError("UNSUPPORTED", "clientOrderId", message);
  }
  const Exchange = await exchangeClass(task);
  const exchange = new Exchange(constructorSettings(task, profile));
  const session = new CcxtSession(exchange, task, profile, post);
  port.on("message", (message: ToCcxt) => session.receive(message));
  await session.start();
} catch (cause) {
  post({ type: "failure", failure: failureOf(cause), ends: true });
}

async function exchangeClass({ name, exchange, family }: CcxtTask): Promise<new (settings: object) => CcxtExchange> {
  const folder = family === "pro" ? "pro" : "prediction";
  // Its package exports the whole of it only, which takes most of a second and 100 MB.
  const file = new URL(`./src/${folder}/${exchange}.js`, import.meta.resolve("ccxt"));
  try {
    return ((await import(file.href)) as { default: new (settings: object) => CcxtExchange }).default;
  } catch {
    throw new VenueError("UNSUPPORTED", "exchange", `${name}: ccxt has no ${folder} exchange "${exchange}"`);
  }
}

function failureOf(cause: unknown): FailureFacts {
  if (cause instanceof VenueError && cause.code !== "CLOSED" && cause.code !== "LIMITED")
    return { code: cause.code, field: cause.field, message: cause.message };
  // The class says enough: ccxt's messages quote urls and what was sent.
  const name = cause instanceof Error ? cause.constructor.name : "ccxt did not start";
  return { code: AUTH_CLASSES.has(name) ? "AUTH" : "UNREACHABLE", field: "start", message: name };
}
