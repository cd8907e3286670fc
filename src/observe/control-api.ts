/**
 * Control API: what the operator's tools ask of a running engine. Own port, loopback by default.
 *
 * Invariants
 *   - Nothing without the bearer token. No cookies, so no page can ride on a login.
 *   - A request must name one of our own hosts (DNS rebinding) and, if it names an origin, an allowed one.
 *   - Commands are POST with JSON and go through the provider, which journals them before it answers.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Control } from "../core/event.ts";
import { BearerTokens } from "../gateway/auth.ts";
import type { HttpExchange } from "../gateway/exchange.ts";
import { AuthFailures } from "../gateway/rate-limit.ts";
import { WebServer } from "../gateway/uws.ts";
import type { Clock } from "../time/clock.ts";
import {
  isReason,
  parseAcknowledgement,
  parseLimit,
  parsePartKill,
  parseResume,
  parseState,
  parseWeights,
  parseWithout,
  REASON_EXPECTED,
  type Subjects,
  type WeightsReversion,
} from "./operator-commands.ts";
import { TwoStep } from "./two-step.ts";

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

/** Which dead letters: by position, or every open one. */
type LetterChoice = readonly number[] | "all";

/** The dead letter queue, as far as this door needs it. */
export interface LetterDesk {
  list(): object;
  show(position: number): Promise<object | null>;
  replay(choice: LetterChoice, yes: boolean): Promise<readonly object[]>;
  discard(choice: LetterChoice, reason: string): Promise<object>;
}

/** Answers are sent as JSON. */
export interface ControlProviders {
  readonly clock: Clock;
  readonly status: () => object | Promise<object>;
  readonly positions: () => object | Promise<object>;
  readonly kill: (command: KillCommand) => object | Promise<object>;
  /** Releases the kill switch. Called once it has been confirmed. */
  readonly resume: (reason: string) => object | Promise<object>;
  readonly subjects: Subjects;
  /** A change of state, an acknowledgement or a limit, for the core. */
  readonly operate: (control: Control) => object | Promise<object>;
  /** Going back to weights, for the core. Called once it has been confirmed. */
  readonly analyse: (analysis: Analysis) => object | Promise<object>;
  readonly deadLetters: LetterDesk;
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
  const command = <Command>(
    path: string,
    parse: (body: Readonly<Record<string, unknown>>) => Command | string,
    run: (command: Command) => object | Promise<object>,
  ) =>
    allow("post", path, async (exchange) => {
      const body = parseBody(exchange);
      const parsed = typeof body === "string" ? body : parse(body);
      if (typeof parsed === "string") exchange.answer(400, { code: "MALFORMED", message: parsed });
      else exchange.answer(200, await run(parsed));
    });
  command("/kill", parseKill, (kill) => providers.kill(kill));
  const resumption = new TwoStep();
  command("/resume", parseResume, async ({ confirmed, reason }) => {
    const step = resumption.take("resume", confirmed, providers.clock.wallMs());
    return step === "confirmed" ? { step, ...(await providers.resume(reason)) } : { step };
  });
  const { deadLetters, subjects, operate } = providers;
  command("/kill/part", (body) => parsePartKill(body, subjects), operate);
  command("/state", parseState, operate);
  command("/breakers/acknowledge", (body) => parseAcknowledgement(body, subjects), operate);
  command("/limits", parseLimit, operate);
  command("/venues/without", (body) => parseWithout(body, subjects), operate);
  const reversion = new TwoStep();
  const revert = async ({ owner, version, confirmed, reason }: WeightsReversion) => {
    const nowMs = providers.clock.wallMs();
    const step = reversion.take(`${owner} ${version}`, confirmed, nowMs);
    if (step !== "confirmed") return { step };
    const basis = { sample: "an operator's word", method: reason, rows: 0, fromMs: nowMs, toMs: nowMs };
    return { step, ...(await providers.analyse({ kind: "weights", owner, version, weights: [], basis })) };
  };
  command("/weights", (body) => parseWeights(body, subjects), revert);
  allow("get", "/dlq", async (exchange) => exchange.answer(200, deadLetters.list()));
  command("/dlq/replay", parseReplay, async ({ letters, yes }) => ({
    replays: await deadLetters.replay(letters, yes),
  }));
  command("/dlq/discard", parseDiscard, ({ letters, reason }) => deadLetters.discard(letters, reason));
  allow("get", "/dlq/:position", async (exchange) => {
    const letter = /^\d{1,15}$/.test(exchange.parameter) ? await deadLetters.show(Number(exchange.parameter)) : null;
    if (letter === null) exchange.answer(404, { code: "NO_SUCH_LETTER" });
    else exchange.answer(200, letter);
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
const LETTERS_MAX = 256;

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
    } else if (this.#tokens.ownerOf(exchange.header("authorization")) !== null) return true;
    else if (this.#failures.count(exchange.address, nowNs) === "over") {
      exchange.answer(429, { code: "AUTH_FAILURES" }, { retryAfterS: 60 });
    } else exchange.answer(401, { code: "UNAUTHENTICATED" });
    return false;
  }
}

/** A command's body, or what is wrong with it. */
function parseBody(exchange: HttpExchange): Readonly<Record<string, unknown>> | string {
  if (!/^application\/json(;|$)/i.test(exchange.header("content-type")))
    return "content-type: must be application/json";
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(exchange.body));
  } catch {
    return "body: must be JSON";
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : "body: must be an object";
}

function parseKill({ level, reason }: Readonly<Record<string, unknown>>): KillCommand | string {
  if (level !== 1 && level !== 2) return "level: must be 1 (no new risk) or 2 (no sends)";
  return isReason(reason) ? { level, reason } : REASON_EXPECTED;
}

function parseReplay({ letters, yes }: Readonly<Record<string, unknown>>) {
  if (!isChoice(letters)) return CHOICE_EXPECTED;
  if (yes !== undefined && typeof yes !== "boolean") return "yes: must be true or false";
  return { letters, yes: yes === true };
}

function parseDiscard({ letters, reason }: Readonly<Record<string, unknown>>) {
  if (!isChoice(letters)) return CHOICE_EXPECTED;
  return isReason(reason) ? { letters, reason } : REASON_EXPECTED;
}

const CHOICE_EXPECTED = `letters: must be "all" or a list of 1 to ${LETTERS_MAX} positions`;

const isChoice = (letters: unknown): letters is LetterChoice =>
  letters === "all" ||
  (Array.isArray(letters) &&
    letters.length > 0 &&
    letters.length <= LETTERS_MAX &&
    letters.every((position) => Number.isSafeInteger(position) && position > 0));
