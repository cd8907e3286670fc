/**
 * Operations: the life of one request at a paper venue, with the points at which a fault may strike. The same for every
 * dialect and for REST and WebSocket alike.
 *
 * lost on the way in → late → cut → refused by a fault → executed → cut → answered → cut → told on the private stream → cut.
 * A fault stops a request at its own point and nowhere else.
 */
import type { PaperAccount } from "./account.ts";
import type { PlaceRequest } from "./admission.ts";
import type { PaperExchange } from "./exchange.ts";
import { type Failure, Refusal } from "./failure.ts";
import type { FaultOperation, KillPoint, SocketKind } from "./fault-forms.ts";
import type { FaultWording } from "./fault-wording.ts";
import type { FaultPlane } from "./faults.ts";
import type { PaperOrder, Rejection } from "./order.ts";
import { type Delivery, PROMPT } from "./peer.ts";

/** Where an answer goes. Neither `result` nor `error` is called when the answer is lost. */
export interface Reply {
  result(text: string, delivery: Delivery): void;
  error(failure: Failure, delivery: Delivery): void;
  /** Cuts the connection that the request came on: at once, or behind what was sent on it (`delivered`). */
  cut(delivered: boolean): void;
}

/** `delivered`: what is under way to the client still arrives. */
export type KillSockets = (kinds: readonly SocketKind[], delivered: boolean) => void;

export class Operations {
  readonly #exchange: PaperExchange;
  readonly #faults: FaultPlane;
  readonly #wording: FaultWording;
  readonly #killSockets: KillSockets;

  constructor(exchange: PaperExchange, faults: FaultPlane, wording: FaultWording, killSockets: KillSockets) {
    this.#exchange = exchange;
    this.#faults = faults;
    this.#wording = wording;
    this.#killSockets = killSockets;
  }

  /**
   * Runs one request. `execute` checks and does it: the answer's text, or a failure returned or thrown as a `Refusal`.
   * `symbol` is what faults may be filtered by; undefined where the request names none.
   */
  run(operation: FaultOperation, symbol: string | undefined, execute: () => string | Failure, reply: Reply): void {
    if (this.#faults.idle) {
      give(attempt(execute), reply, PROMPT);
      this.#exchange.flush();
      return;
    }
    const faults = this.#faults;
    if (faults.takeFor("dropBefore", operation, symbol) !== null) return;
    const late = faults.takeFor("delayBefore", operation, symbol);
    if (late === null) this.#serve(operation, symbol, execute, reply);
    else setTimeout(() => this.#serve(operation, symbol, execute, reply), late.ms).unref();
  }

  /** It has arrived, whether or not whoever sent it is still there. */
  #serve(operation: FaultOperation, symbol: string | undefined, execute: () => string | Failure, reply: Reply): void {
    const faults = this.#faults;
    if (this.#killed(operation, symbol, "beforeExecute", reply)) return;
    const delivery = {
      extraMs: faults.takeFor("delayAck", operation, symbol)?.ms ?? 0,
      stalled: faults.takeFor("stallBody", operation, symbol) !== null,
    };
    const refused = this.#refusedByFault(operation, symbol);
    if (refused !== null) {
      reply.error(refused, delivery);
      return;
    }
    const unavailable = faults.takeFor("http503", operation, symbol);
    if (unavailable !== null && !unavailable.executes) {
      reply.error(this.#wording.unavailable(unavailable.variant), delivery);
      return;
    }

    const answer = attempt(execute);
    const lost = faults.takeFor("dropAck", operation, symbol);
    if (lost === null && !this.#killed(operation, symbol, "afterExecute", reply)) {
      give(unavailable === null ? answer : this.#wording.unavailable(unavailable.variant), reply, delivery);
      this.#killed(operation, symbol, "afterAnswer", reply);
    }
    this.#exchange.flush(!(lost?.userEvent ?? false));
    this.#killed(operation, symbol, "afterEvents", reply);
  }

  /** Places an order as the faults in force let it be: less to take, or a venue that lies about it. */
  place(account: PaperAccount, request: PlaceRequest): PaperOrder | Rejection {
    if (this.#faults.idle) return this.#exchange.place(account, request);
    const { symbol } = request;
    const partial = this.#faults.takeFor("partial", "place", symbol);
    const lie = this.#faults.takeFor("lie", "place", symbol);
    const listing = this.#exchange.listings.get(symbol);
    const capped =
      partial === null || listing === undefined
        ? request
        : { ...request, takeLotsMax: Math.max(0, listing.wireLot.parse(partial.quantity)) };
    return this.#exchange.place(account, lie === null ? capped : { ...capped, lie: lie.what });
  }

  #refusedByFault(operation: FaultOperation, symbol: string | undefined): Failure | null {
    const rejected = this.#faults.takeFor("reject", operation, symbol);
    if (rejected !== null) return this.#wording.rejected(rejected.code, rejected.msg);
    const limited = this.#faults.takeFor("limited", operation, symbol);
    return limited === null ? null : this.#wording.limited(limited.status, limited.retryAfterMs);
  }

  #killed(operation: FaultOperation, symbol: string | undefined, when: KillPoint, reply: Reply): boolean {
    const fault = this.#faults.takeKill(operation, when, symbol);
    if (fault === null) return false;
    const delivered = when === "afterAnswer" || when === "afterEvents";
    this.#killSockets(fault.sockets, delivered);
    reply.cut(delivered);
    return true;
  }
}

function attempt(execute: () => string | Failure): string | Failure {
  try {
    return execute();
  } catch (error) {
    if (error instanceof Refusal) return error.failure;
    throw error;
  }
}

function give(answer: string | Failure, reply: Reply, delivery: Delivery): void {
  if (typeof answer === "string") reply.result(answer, delivery);
  else reply.error(answer, delivery);
}
