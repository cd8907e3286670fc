/**
 * Bybit V5 order entry by WebSocket (`/v5/trade`): `auth` once, then orders without signature, each with its own stamp and
 * window in its header.
 *
 * Every frame is answered, a malformed one too, unless a fault loses the answer. An answer says what the gateway did.
 */
import type { FaultOperation, SocketKind } from "../faults.ts";
import type { Peer } from "../peer.ts";
import { type BybitKeys, checkWindow, verifySocket } from "./bybit-auth.ts";
import { type BybitError, BybitRefusal, OK } from "./bybit-errors.ts";
import { type Frame, isRecord, parseFrame } from "./bybit-frames.ts";
import type { BybitAnswer, BybitOrders, Params } from "./bybit-orders.ts";

const OPERATIONS: Readonly<Record<string, FaultOperation>> = { "order.create": "place", "order.cancel": "cancel" };

/** Request ids a connection remembers to refuse a second use of. */
const REQUEST_IDS_MAX = 10_000;

export class BybitTrade {
  readonly #orders: BybitOrders;
  readonly #keys: BybitKeys;
  readonly #killSockets: (kinds: readonly SocketKind[]) => void;
  #connections = 0;

  constructor(orders: BybitOrders, keys: BybitKeys, killSockets: (kinds: readonly SocketKind[]) => void) {
    this.#orders = orders;
    this.#keys = keys;
    this.#killSockets = killSockets;
  }

  attach(peer: Peer): void {
    const connId = `paper-trade-${++this.#connections}`;
    const requestIds = new Set<string>();
    peer.onMessage((text) => this.#handle(peer, connId, requestIds, text));
  }

  #handle(peer: Peer, connId: string, requestIds: Set<string>, text: string): void {
    let frame: Frame | null = null;
    const tell = (error: BybitError, rest: string, extraMs = 0) => {
      const reqId = frame?.requestId == null ? "" : `"reqId":${JSON.stringify(frame.requestId)},`;
      const head = `{${reqId}"retCode":${error.retCode},"retMsg":${JSON.stringify(error.retMsg)}`;
      peer.send(`${head},"op":${JSON.stringify(frame?.op ?? "")}${rest},"connId":"${connId}"}`, extraMs);
    };
    try {
      frame = parseFrame(text, "reqId");
      const { op, args, header } = frame;
      if (op === "ping") {
        peer.send(`{"retCode":0,"retMsg":"OK","op":"pong","data":["${this.#orders.serverMs()}"],"connId":"${connId}"}`);
      } else if (op === "auth") {
        if (peer.account !== null) throw new BybitRefusal(20001, "Repeat auth");
        peer.account = verifySocket(this.#keys, args, this.#orders.serverMs());
        tell(OK, "");
      } else {
        refuseRepeated(requestIds, frame.requestId);
        const operation = OPERATIONS[op];
        const [params] = args;
        if (operation === undefined) throw new BybitRefusal(10404, "op type is not found");
        if (args.length !== 1 || !isRecord(params)) throw new BybitRefusal(10001, "Params Error: args");
        this.#order(peer, operation, params, header, (answer, extraMs) =>
          tell(answer.error, this.#body(answer), extraMs),
        );
      }
    } catch (error) {
      if (!(error instanceof BybitRefusal)) throw error;
      tell(error.error, "");
    }
  }

  #order(
    peer: Peer,
    operation: FaultOperation,
    params: Params,
    header: Params,
    answer: (answer: BybitAnswer, extraMs: number) => void,
  ): void {
    const authenticate = () => {
      if (peer.account === null) throw new BybitRefusal(10003, "Not authenticated");
      checkWindow(header["X-BAPI-TIMESTAMP"], header["X-BAPI-RECV-WINDOW"], this.#orders.serverMs());
      return peer.account;
    };
    const kill = (kinds: readonly SocketKind[]) => {
      this.#killSockets(kinds);
      peer.kill();
    };
    this.#orders.run(operation, params, authenticate, { answer, kill });
  }

  #body({ result, limit }: BybitAnswer): string {
    const nowMs = this.#orders.serverMs();
    const limits =
      limit === null
        ? ""
        : `"X-Bapi-Limit":"${limit.limit}","X-Bapi-Limit-Status":"${limit.left}","X-Bapi-Limit-Reset-Timestamp":"${limit.resetMs}",`;
    return `,"data":${result},"retExtInfo":{},"header":{${limits}"Traceid":"paper","Timenow":"${nowMs}"}`;
  }
}

function refuseRepeated(requestIds: Set<string>, requestId: string | null): void {
  if (requestId === null) return;
  if (requestId.length > 36) throw new BybitRefusal(10001, "Params Error: reqId");
  if (requestIds.has(requestId)) throw new BybitRefusal(20006, "reqId is duplicated");
  requestIds.add(requestId);
  if (requestIds.size > REQUEST_IDS_MAX) for (const oldest of requestIds) return void requestIds.delete(oldest);
}
