/**
 * Control API: what the operator's tools ask of a running engine. Own port, loopback by default.
 *
 * Invariants
 *   - Nothing without the bearer token. No cookies, so no page can ride on a login.
 *   - A request must name one of our own hosts (DNS rebinding) and, if it names an origin, an allowed one.
 *   - Commands are POST with JSON and go through the provider, which journals them before it answers.
 */
import { BearerTokens } from "../gateway/auth.ts";
import type { HttpExchange } from "../gateway/exchange.ts";
import { AuthFailures } from "../gateway/rate-limit.ts";
import { WebServer } from "../gateway/uws.ts";
import type { Clock } from "../time/clock.ts";

export interface ControlApiOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly token: string;
  /** Host names accepted besides loopback and `host`, without port. */
  readonly hosts?: readonly string[];
  /** Origins accepted, e.g. `http://localhost:8702`. None by default. */
  readonly origins?: readonly string[];
}

export interface KillCommand {
  /** 1 stops everything that increases risk, 2 stops all sends. */
  readonly level: 1 | 2;
  readonly reason: string;
}

/** Answers are sent as JSON. */
export interface ControlProviders {
  readonly clock: Clock;
  readonly status: () => object | Promise<object>;
  readonly positions: () => object | Promise<object>;
  readonly kill: (command: KillCommand) => object | Promise<object>;
  readonly onCrash: (error: unknown) => void;
}

export interface ControlApi {
  readonly port: number;
  close(): Promise<void>;
}

export async function startControlApi(options: ControlApiOptions, providers: ControlProviders): Promise<ControlApi> {
  const guard = new Guard(options, providers.clock);
  const server = new WebServer(LIMITS, providers);
  const allow = (method: "get" | "post", path: string, handle: (exchange: HttpExchange) => Promise<void>) => {
    server.route(method, path, (exchange) => (guard.admits(exchange) ? handle(exchange) : undefined));
    server.route("any", path, (exchange) => {
      if (guard.admits(exchange)) {
        exchange.answer(405, { code: "METHOD_NOT_ALLOWED" }, { allow: method.toUpperCase() });
      }
    });
  };
  allow("get", "/status", async (exchange) => exchange.answer(200, await providers.status()));
  allow("get", "/positions", async (exchange) => exchange.answer(200, await providers.positions()));
  allow("post", "/kill", async (exchange) => {
    const command = parseKill(exchange);
    if (typeof command === "string") exchange.answer(400, { code: "MALFORMED", message: command });
    else exchange.answer(200, await providers.kill(command));
  });
  server.route("any", "/*", (exchange) => {
    if (guard.admits(exchange)) exchange.answer(404, { code: "NOT_FOUND" });
  });
  const port = await server.listen(options.host, options.port);
  guard.listensOn(port);
  return { port, close: () => server.close() };
}

const LIMITS = { connectionsMax: 64, answerTimeoutMs: 2_500, bodyBytesMax: 4_096 };
const AUTH_FAILURES_PER_MINUTE_MAX = 5;
const REASON_LENGTH_MAX = 256;

class Guard {
  readonly #options: ControlApiOptions;
  readonly #clock: Clock;
  readonly #tokens: BearerTokens<true>;
  readonly #failures = new AuthFailures(AUTH_FAILURES_PER_MINUTE_MAX);
  readonly #hosts = new Set<string>();

  constructor(options: ControlApiOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#tokens = new BearerTokens([{ token: options.token, owner: true }]);
  }

  listensOn(port: number): void {
    for (const host of ["127.0.0.1", "localhost", "[::1]", this.#options.host, ...(this.#options.hosts ?? [])]) {
      this.#hosts.add(`${host.toLowerCase()}:${port}`);
    }
  }

  /** False when it has answered the refusal. */
  admits(exchange: HttpExchange): boolean {
    const nowNs = this.#clock.nowNs();
    const origin = exchange.header("origin");
    if (!this.#hosts.has(exchange.header("host").toLowerCase())) exchange.answer(403, { code: "HOST_REFUSED" });
    else if (origin !== "" && !(this.#options.origins ?? []).includes(origin)) {
      exchange.answer(403, { code: "ORIGIN_REFUSED" });
    } else if (this.#failures.isLocked(exchange.address, nowNs)) {
      exchange.answer(429, { code: "AUTH_FAILURES" }, { retryAfterS: 60 });
    } else if (this.#tokens.ownerOf(exchange.header("authorization")) === null) {
      this.#failures.record(exchange.address, nowNs);
      exchange.answer(401, { code: "UNAUTHENTICATED" });
    } else return true;
    return false;
  }
}

/** The command, or what is wrong with it. */
function parseKill(exchange: HttpExchange): KillCommand | string {
  if (!/^application\/json(;|$)/i.test(exchange.header("content-type")))
    return "content-type: must be application/json";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(exchange.body));
  } catch {
    return "body: must be JSON";
  }
  if (typeof value !== "object" || value === null) return "body: must be an object";
  const { level, reason } = value as { readonly level?: unknown; readonly reason?: unknown };
  if (level !== 1 && level !== 2) return "level: must be 1 (no new risk) or 2 (no sends)";
  if (typeof reason !== "string" || reason.trim() === "" || reason.length > REASON_LENGTH_MAX) {
    return `reason: must be 1 to ${REASON_LENGTH_MAX} characters`;
  }
  return { level, reason };
}
