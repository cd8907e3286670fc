/**
 * Bybit V5 order entry by WebSocket (`/v5/trade`): `auth` once, then orders without signature, each with its own stamp and
 * window in its header.
 *
 * Every frame is answered, a malformed one too, unless a fault loses the answer. An answer says what the gateway did.
 */
import type { PaperAccount } from "../../account.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { Reply } from "../../operations.ts";
import { type Peer, PROMPT } from "../../peer.ts";
import { type BybitKeys, checkWindow, verifySocket } from "./auth.ts";
import { refusal } from "./errors.ts";
import { type Frame, isRecord, parseFrame } from "./frames.ts";
import type { BybitOperation, BybitOrders } from "./orders.ts";
import type { Params } from "./params.ts";

const OPERATIONS: Readonly<Record<string, BybitOperation>> = { "order.create": "place", "order.cancel": "cancel" };

/** Request ids a connection remembers to refuse a second use of. */
const REQUEST_IDS_MAX = 10_000;

export class BybitTrade {
  readonly #orders: BybitOrders;
  readonly #keys: BybitKeys;
  #connections = 0;

  constructor(orders: BybitOrders, keys: BybitKeys) {
    this.#orders = orders;
    this.#keys = keys;
  }

  attach(peer: Peer): void {
    const connId = `paper-trade-${++this.#connections}`;
    const requestIds = new Set<string>();
    peer.onMessage((text) => this.#handle(peer, connId, requestIds, text));
  }

  #handle(peer: Peer, connId: string, requestIds: Set<string>, text: string): void {
    let frame: Frame;
    try {
      frame = parseFrame(text, "reqId");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      peer.send(answerText(NO_FRAME, connId, error.failure, ""), PROMPT);
      return;
    }
    const operation = OPERATIONS[frame.op];
    if (operation === undefined) {
      this.#orders.runOther({}, () => this.#session(peer, frame), this.#reply(peer, connId, frame, null));
      return;
    }
    // What is asked twice, and what is no single order, is refused before anything can happen to it.
    const reply = this.#reply(peer, connId, frame, operation);
    const authenticate = () => {
      refuseRepeated(requestIds, frame.requestId);
      return this.#account(peer, frame.header);
    };
    const [params] = frame.args;
    if (frame.args.length === 1 && isRecord(params)) this.#orders.run(operation, params, authenticate, reply);
    else reply.error(refusal(10001, "Params Error: args").failure, PROMPT);
  }

  #reply(peer: Peer, connId: string, frame: Frame, operation: BybitOperation | null): Reply {
    const body = (data: string) => (operation === null ? "" : this.#body(operation, peer, data));
    return {
      result: (data, delivery) => {
        // A pong is the one answer that carries data of its own.
        const rest = frame.op === "ping" ? `,"data":["${this.#orders.serverMs()}"]` : body(data);
        peer.send(answerText(frame, connId, null, rest), delivery);
      },
      error: (failure, delivery) => peer.send(answerText(frame, connId, failure, body("{}")), delivery),
      cut: (delivered) => peer.kill(delivered),
    };
  }

  #session(peer: Peer, { op, args }: Frame): string {
    if (op === "ping") return "";
    if (op !== "auth") throw refusal(10404, "op type is not found");
    if (peer.account !== null) throw refusal(20001, "Repeat auth");
    peer.account = verifySocket(this.#keys, args, this.#orders.serverMs());
    return "";
  }

  #account(peer: Peer, header: Params): PaperAccount {
    if (peer.account === null) throw refusal(10003, "Not authenticated");
    checkWindow(header["X-BAPI-TIMESTAMP"], header["X-BAPI-RECV-WINDOW"], this.#orders.serverMs());
    return peer.account;
  }

  #body(operation: BybitOperation, peer: Peer, data: string): string {
    const header = {
      ...this.#orders.limitHeaders(operation, peer.account?.apiKey),
      Traceid: "paper",
      Timenow: String(this.#orders.serverMs()),
    };
    return `,"data":${data},"retExtInfo":{},"header":${JSON.stringify(header)}`;
  }
}

const NO_FRAME = { op: "", requestId: null };

function answerText(
  { op, requestId }: Pick<Frame, "op" | "requestId">,
  connId: string,
  failure: Failure | null,
  rest: string,
): string {
  const reqId = requestId === null ? "" : `"reqId":${JSON.stringify(requestId)},`;
  const said = JSON.stringify(op === "ping" ? "pong" : op);
  return `{${reqId}"retCode":${failure?.code ?? 0},"retMsg":${JSON.stringify(failure?.msg ?? "OK")},"op":${said}${rest},"connId":"${connId}"}`;
}

function refuseRepeated(requestIds: Set<string>, requestId: string | null): void {
  if (requestId === null) return;
  if (requestId.length > 36) throw refusal(10001, "Params Error: reqId");
  if (requestIds.has(requestId)) throw refusal(20006, "reqId is duplicated");
  requestIds.add(requestId);
  if (requestIds.size > REQUEST_IDS_MAX) requestIds.delete(requestIds.values().next().value!);
}
