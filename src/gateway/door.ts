/**
 * Door: what happens to a webhook between its last byte and its answer, and what webhooks and feeds share on the way.
 *
 * Order of a webhook's checks, cheapest and least revealing first: framing and size (exchange.ts), source, content type,
 * authentication, rate, decoding, admission.
 *
 * A door may listen before it is open: what comes meanwhile waits, in order, for as long as its deadline allows.
 */
import type { Decoded } from "../domain/signal.ts";
import { assert } from "../domain/units.ts";
import { type Admission, backlogFull } from "./admission.ts";
import { BearerTokens } from "./auth.ts";
import type { AnswerOptions, HttpExchange } from "./exchange.ts";
import { AuthFailures } from "./rate-limit.ts";
import type { FeedSource, HookSource, ReceiverOptions, ReceiverParts } from "./receiver.ts";
import { VERDICT_CODES, type Verdict, type VerdictCode, verdict, verdictJson } from "./verdict.ts";

/** The last of those who could not show that they are a source, and how many there were since the start. */
export interface UnprovenSender {
  /** "/feed" where a token would have told it. */
  readonly source: string;
  readonly address: string;
  readonly why: string;
  readonly count: number;
  readonly atMs: number;
}

export class Door {
  readonly admission: Admission;
  readonly parts: ReceiverParts;
  readonly counts: Record<VerdictCode, number>;
  readonly heardMs: number[] = [];
  /** By source, or "/feed". */
  readonly unproven = new Map<string, UnprovenSender>();
  readonly #hooks: ReadonlyMap<string, HookSource>;
  readonly #tokens: BearerTokens<FeedSource>;
  readonly #authFailures: AuthFailures;
  readonly heldMax: number;
  /** What came before the door opened, in order. Null once it is open. */
  #held: (() => void)[] | null = [];

  constructor(options: ReceiverOptions, parts: ReceiverParts, admission: Admission) {
    this.admission = admission;
    this.parts = parts;
    this.counts = Object.fromEntries(VERDICT_CODES.map((code) => [code, 0])) as Record<VerdictCode, number>;
    this.#hooks = new Map(options.hooks.map((source) => [source.path, source]));
    this.#tokens = new BearerTokens(options.feeds.flatMap((owner) => owner.tokens.map((token) => ({ token, owner }))));
    this.#authFailures = new AuthFailures(options.authFailuresPerMinuteMax);
    this.heldMax = options.backlogMax;
  }

  get isOpen(): boolean {
    return this.#held === null;
  }

  /** Judges what has been held, in order, and from then on everything as it comes. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const judge of held) {
      try {
        judge();
      } catch (error) {
        // The deadline answers this one; the others have nothing to do with it.
        this.parts.onCrash(error);
      }
    }
  }

  /** Until the door opens. False when too many wait already. */
  hold(judge: () => void): boolean {
    assert(this.#held !== null, "an open door holds nothing");
    if (this.#held.length >= this.heldMax) return false;
    this.#held.push(judge);
    return true;
  }

  receive(exchange: HttpExchange): void {
    if (this.isOpen) {
      this.#receive(exchange);
      return;
    }
    // Who has left by then is not judged: it would have a verdict that nobody heard.
    const held = this.hold(() => {
      if (exchange.isOpen) this.#receive(exchange);
    });
    if (!held) exchange.answerJson(503, verdictJson(this.count(backlogFull(this.heldMax))), { retryAfterS: 1 });
  }

  #receive(exchange: HttpExchange): void {
    this.admission.settle(this.#judge(exchange), (final) => {
      this.count(final);
      exchange.answerJson(final.status, verdictJson(final), retryAfter(final));
    });
  }

  /** Source of the bearer token, or null. */
  feedOf(authorization: string): FeedSource | null {
    return this.#tokens.ownerOf(authorization);
  }

  /** The refusal of whoever could not be verified; where many from its address could not, it says so. `why` is kept for the operator. */
  refuseSender(source: string, address: string, why: string): Verdict {
    const { clock } = this.parts;
    const count = (this.unproven.get(source)?.count ?? 0) + 1;
    this.unproven.set(source, { source, address, why, count, atMs: clock.wallMs() });
    const failures = this.#authFailures.count(address, clock.nowNs());
    if (failures === "reached") this.parts.onAlarm({ code: "AUTH_FAILURES", source: address, numbers: {} });
    return failures === "over"
      ? verdict("AUTH_FAILURES", "", -1, "too many failed attempts", null, 60)
      : verdict("UNAUTHENTICATED", "", -1);
  }

  count(given: Verdict): Verdict {
    this.counts[given.code] += 1;
    return given;
  }

  #judge(exchange: HttpExchange): Verdict {
    const source = this.#hooks.get(exchange.parameter);
    if (source === undefined) return verdict("NOT_FOUND", "", -1);
    const contentType = mediaType(exchange.header("content-type"));
    if (!source.contentTypes.includes(contentType) || exchange.header("content-encoding") !== "") {
      return verdict("UNSUPPORTED_TYPE", "", -1, `send ${source.contentTypes.join(" or ")}`);
    }
    const { clock, onCrash } = this.parts;
    const nowNs = clock.nowNs();
    const { address, body } = exchange;
    const header = (name: string) => exchange.header(name);
    const nowMs = clock.wallMs();
    const { keyId, why } = source.verify({ header, contentType, address, body }, nowMs);
    if (keyId === null) return this.refuseSender(source.name, address, why);
    this.heardMs[source.index] = nowMs;
    const limited = this.admission.limitRate(source, nowNs);
    if (limited !== null) return limited;
    let decoded: Decoded;
    try {
      decoded = source.decode(body, contentType);
    } catch (error) {
      onCrash(error);
      return this.admission.crashedInDecode(source, body);
    }
    return this.admission.admit(source, decoded, body, exchange.receivedNs);
  }
}

export function retryAfter(given: Verdict): AnswerOptions {
  return given.retryAfterS > 0 ? { retryAfterS: given.retryAfterS } : {};
}

/** Lower-case media type of a content-type header; "" when it has parameters other than `charset=utf-8`. */
export function mediaType(contentType: string): string {
  const match = /^\s*([a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+)\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i.exec(
    contentType,
  );
  return match === null ? "" : (match[1] as string).toLowerCase();
}
