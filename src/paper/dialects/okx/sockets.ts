/**
 * OKX V5 WebSockets: what `/ws/v5/public` and `/ws/v5/private` understand. `ping` in plain text, `login`, subscriptions, and
 * on the private one orders.
 *
 * Every frame is answered, one that cannot be read too (60012), unless a fault loses the answer. A socket from which nothing
 * came for 30 s is closed with 4004.
 *
 * Not here: `amend-order`, `mass-cancel`, algo orders (60019), and the `/business` address.
 */
import type { PaperAccount } from "../../account.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { SocketKind } from "../../fault-forms.ts";
import type { Delivery, Peer } from "../../peer.ts";
import type { Route, VenueContext } from "../dialect.ts";
import { verifyLogin } from "./auth.ts";
import type { Args, OkxOrders } from "./orders.ts";
import { type OkxPrivate, PRIVATE_CHANNELS, type PrivateArg, type PrivateChannel } from "./private.ts";
import { type OkxPublic, PUBLIC_CHANNELS, type PublicChannel } from "./public.ts";

const ORDER_OPS: Readonly<Record<string, { readonly operation: "place" | "cancel"; readonly batch: boolean }>> = {
  order: { operation: "place", batch: false },
  "batch-orders": { operation: "place", batch: true },
  "cancel-order": { operation: "cancel", batch: false },
  "batch-cancel-orders": { operation: "cancel", batch: true },
};

const IDLE_MS_MAX = 30_000;
const CLOSE_IDLE = 4004;

interface Session {
  readonly connId: string;
  readonly isPrivate: boolean;
  /** What faults may cut the socket as: the list that its `Route` was made with, filled in as it shows what it is for. */
  readonly kinds: SocketKind[];
  heardMs: number;
}

interface Frame {
  readonly id: string | undefined;
  readonly op: string;
  readonly args: readonly Args[];
  readonly expTime: string | undefined;
}

export class OkxSockets {
  readonly #venue: VenueContext;
  readonly #orders: OkxOrders;
  readonly #public: OkxPublic;
  readonly #private: OkxPrivate;
  readonly #sessions = new Map<Peer, Session>();
  #lastConnId = 0xa4d3ae54;

  constructor(venue: VenueContext, orders: OkxOrders, publicChannels: OkxPublic, privateChannels: OkxPrivate) {
    this.#venue = venue;
    this.#orders = orders;
    this.#public = publicChannels;
    this.#private = privateChannels;
  }

  /** Null: no such address. */
  route(path: string): Route | null {
    const isPrivate = path === "/ws/v5/private";
    if (!isPrivate && path !== "/ws/v5/public") return null;
    const kinds: SocketKind[] = [isPrivate ? "orders" : "market"];
    return {
      kinds,
      attach: (peer) => {
        const connId = (++this.#lastConnId >>> 0).toString(16).padStart(8, "0");
        this.#sessions.set(peer, { connId, isPrivate, kinds, heardMs: this.#venue.serverMs() });
        peer.onMessage((text) => this.#read(peer, text));
      },
    };
  }

  detach(peer: Peer): void {
    this.#sessions.delete(peer);
    this.#public.detach(peer);
    this.#private.detach(peer);
  }

  closeIdle(): void {
    const nowMs = this.#venue.serverMs();
    for (const [peer, { heardMs }] of this.#sessions) if (nowMs - heardMs > IDLE_MS_MAX) peer.close(CLOSE_IDLE);
  }

  #read(peer: Peer, text: string): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    session.heardMs = this.#venue.serverMs();
    if (text === "ping") {
      peer.send("pong");
      return;
    }
    const frame = parseFrame(text);
    try {
      if (frame === null) throw new Refusal(200, 60012, `Invalid request: ${text.slice(0, 512)}`);
      this.#handle(peer, session, frame);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(peer, session, frame?.id, error.failure);
    }
  }

  #handle(peer: Peer, session: Session, frame: Frame): void {
    const order = ORDER_OPS[frame.op];
    if (order !== undefined) {
      this.#order(peer, session, frame, order);
      return;
    }
    switch (frame.op) {
      case "login":
        this.#login(peer, session, frame);
        return;
      case "subscribe":
      case "unsubscribe":
        for (const arg of frame.args) this.#subscribe(peer, session, frame, arg);
        return;
      default:
        throw new Refusal(200, 60019, `Invalid op: ${frame.op}`);
    }
  }

  #login(peer: Peer, session: Session, { args }: Frame): void {
    if (peer.account !== null)
      throw new Refusal(200, 60031, "The WebSocket endpoint does not allow multiple or repeated logins.");
    peer.account = verifyLogin(this.#venue.keys, args[0], this.#venue.serverMs()).account;
    peer.send(`{"event":"login","msg":"","code":"0","connId":"${session.connId}"}`);
  }

  #order(
    peer: Peer,
    session: Session,
    { id, op, args, expTime }: Frame,
    { operation, batch }: { readonly operation: "place" | "cancel"; readonly batch: boolean },
  ): void {
    if (!session.isPrivate)
      throw new Refusal(
        200,
        60028,
        "The current operation is not supported by this URL. Please use the correct WebSocket URL for the operation.",
      );
    const account = loggedIn(peer);
    if (id === undefined || !/^[A-Za-z0-9]{1,32}$/.test(id)) throw new Refusal(200, 60033, "Parameter id error.");
    if (!session.kinds.includes("orders")) session.kinds.push("orders");
    const inMs = this.#venue.serverMs();
    const answer = (body: string, delivery: Delivery) =>
      peer.send(
        `{"id":"${id}","op":"${op}",${body},"inTime":"${inMs}000","outTime":"${this.#venue.serverMs()}001"}`,
        delivery,
      );
    const one = args[0] ?? {};
    const sized = batch || args.length === 1;
    this.#orders.run(
      { operation, args: sized ? args : [], expTime, authenticate: () => account },
      {
        result: answer,
        error: (failure, delivery) => answer(this.#orders.renderFailure(failure, one), delivery),
        cut: (delivered) => peer.kill(delivered),
      },
    );
  }

  #subscribe(peer: Peer, session: Session, { id, op }: Frame, arg: Args): void {
    const channel = typeof arg["channel"] === "string" ? arg["channel"] : "";
    const withId = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
    const acknowledge = (json: string) =>
      peer.send(`{${withId}"event":"${op}","arg":${json},"connId":"${session.connId}"}`);
    if (PUBLIC_CHANNELS.includes(channel as PublicChannel) && !session.isPrivate) {
      const listing = this.#venue.exchange.listings.get(String(arg["instId"]));
      if (listing === undefined) throw noChannel(arg);
      acknowledge(`{"channel":"${channel}","instId":"${listing.symbol}"}`);
      if (op === "subscribe") this.#public.subscribe(peer, channel as PublicChannel, listing);
      else this.#public.unsubscribe(peer, channel as PublicChannel, listing);
    } else if (PRIVATE_CHANNELS.includes(channel as PrivateChannel) && session.isPrivate) {
      const account = loggedIn(peer);
      const known = privateArg(channel as PrivateChannel, arg);
      acknowledge(known.json);
      if (op === "unsubscribe") this.#private.unsubscribe(peer, known);
      else this.#subscribePrivate(peer, session, account, known);
    } else throw noChannel(arg);
  }

  #subscribePrivate(peer: Peer, session: Session, account: PaperAccount, arg: PrivateArg): void {
    if (!session.kinds.includes("user")) {
      // From now on it is a private stream, and an order socket only if orders come on it too.
      session.kinds.push("user");
      session.kinds.splice(session.kinds.indexOf("orders"), 1);
    }
    if (arg.channel !== "account")
      peer.send(
        `{"event":"channel-conn-count","channel":"${arg.channel}","connCount":"1","connId":"${session.connId}"}`,
      );
    if (!this.#private.subscribe(peer, account, arg))
      throw new Refusal(200, 60014, "Requests too frequent: too many subscriptions on this connection");
  }

  #refuse(peer: Peer, { connId }: Session, id: string | undefined, { code, msg }: Failure): void {
    const withId = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
    peer.send(`{${withId}"event":"error","code":"${code}","msg":${JSON.stringify(msg)},"connId":"${connId}"}`);
  }
}

function loggedIn(peer: Peer): PaperAccount {
  if (peer.account === null) throw new Refusal(200, 60011, "Please log in");
  return peer.account;
}

function privateArg(channel: PrivateChannel, arg: Args): PrivateArg {
  const { instType, instId, ccy } = arg;
  if (channel === "account") {
    const json = typeof ccy === "string" && /^[A-Z0-9]{1,20}$/.test(ccy) ? `,"ccy":"${ccy}"` : "";
    return { channel, instType: undefined, instId: undefined, json: `{"channel":"account"${json}}` };
  }
  if (typeof instType !== "string" || !/^(ANY|SWAP|SPOT|MARGIN|FUTURES|OPTION)$/.test(instType)) throw noChannel(arg);
  if (instId !== undefined && (typeof instId !== "string" || !/^[A-Z0-9-]{1,40}$/.test(instId))) throw noChannel(arg);
  const ofOne = instId === undefined ? "" : `,"instId":"${instId}"`;
  return { channel, instType, instId, json: `{"channel":"${channel}","instType":"${instType}"${ofOne}}` };
}

function noChannel(arg: Args): Refusal {
  const named = Object.entries(arg).map(([field, value]) => `${field}:${String(value).slice(0, 64)}`);
  return new Refusal(
    200,
    60018,
    `Wrong URL or ${named.join(",")} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`,
  );
}

function parseFrame(text: string): Frame | null {
  try {
    const { id, op, args, expTime } = JSON.parse(text) as Record<string, unknown>;
    if (typeof op !== "string" || !Array.isArray(args)) return null;
    return {
      id: typeof id === "string" || typeof id === "number" ? String(id) : undefined,
      op,
      args: args.filter((each): each is Args => typeof each === "object" && each !== null),
      expTime: expTime === undefined ? undefined : String(expTime),
    };
  } catch {
    return null;
  }
}
