/**
 * Rate limits of one venue: a ledger of tokens per rule, asked before every request.
 *
 * A refusal means that nothing was sent, at once: no request waits here and none is sent again. Urgent classes may use all of
 * a limit, others a part of it, so that an unwind or a cancel always finds a token. The venue's own words correct the ledger
 * downwards: its counters (`observe`), and its refusals (`refused`), after which classes are held back for a while.
 *
 * Pure: time and randomness are arguments. A venue's rules are data, such as `BINANCE_USDM_RATES`.
 */
import { assert } from "../domain/units.ts";
import type { RateUsage } from "../domain/venue-status.ts";
import { FixedWindow, type RateTime, type RateWindow, RollingWindow } from "./rate-window.ts";

/** From most to least urgent. */
export const RATE_CLASSES = ["unwind", "cancel", "hedge", "query", "reconcile", "data"] as const;
export type RateClass = (typeof RATE_CLASSES)[number];

export interface RateRule {
  readonly name: string;
  /** `listing`: counted for each listing by itself, as OKX's order limits are. */
  readonly per: "venue" | "listing";
  readonly window: "fixed" | "rolling";
  readonly windowMs: number;
  readonly limit: number;
  /** How much of the limit each class may see used and still send. Classes that are not named may use all of it. */
  readonly shares: Partial<Readonly<Record<RateClass, number>>>;
}

/** What each kind of request costs, by rule name. */
export interface RateTable<Request extends string> {
  readonly rules: readonly RateRule[];
  readonly costs: Readonly<Record<Request, Readonly<Record<string, number>>>>;
}

/** How a venue turned a request away for its rate. */
export type RateRefusal =
  /** HTTP 429 and its like: this address or account asks too much. */
  | "throttled"
  /** The limit of one rule is reached: wait until its window has passed. */
  | "windowFull"
  /** The venue is overloaded. Reduce-only orders and cancels are exempt. */
  | "overloaded"
  /** HTTP 418 or 403: banned. Asking at all makes it longer. */
  | "banned";

const GUARD_MS = 100;
const THROTTLED_MS_MIN = 1000;
const THROTTLED_BASE_MS = 200;
const THROTTLED_MS_MAX = 30_000;
const OVERLOADED_BASE_MS = 200;
const OVERLOADED_MS_MAX = 800;
const BANNED_MS = 120_000;
const VENUE_WIDE = -1;

interface Rule extends RateRule {
  /** By listing; -1 for a rule of the whole venue. */
  readonly windows: Map<number, RateWindow>;
  /** The venue may say that it is lower than documented. */
  limit: number;
}

interface Cost {
  readonly rule: Rule;
  readonly tokens: number;
}

export class RateLimits<Request extends string> {
  readonly #rules: readonly Rule[];
  readonly #costs: ReadonlyMap<Request, readonly Cost[]>;
  readonly #time: () => RateTime;
  readonly #random: () => number;
  readonly #guardMs: number;
  /** Monotonic ms until which each class is held back. */
  readonly #heldUntilMs: Record<RateClass, number>;
  #refusalsInRow = 0;

  constructor(table: RateTable<Request>, time: () => RateTime, random: () => number, guardMs = GUARD_MS) {
    this.#time = time;
    this.#random = random;
    this.#guardMs = guardMs;
    this.#rules = table.rules.map((rule) => ({ ...rule, windows: new Map() }));
    const costs = Object.entries(table.costs) as [Request, Readonly<Record<string, number>>][];
    this.#costs = new Map(costs.map(([request, byRule]) => [request, this.#costsOf(request, byRule)]));
    this.#heldUntilMs = { unwind: 0, cancel: 0, hedge: 0, query: 0, reconcile: 0, data: 0 };
  }

  /** Takes what the request costs, of every rule or of none. False: it must not be sent now. */
  take(request: Request, rateClass: RateClass, listing = VENUE_WIDE): boolean {
    const time = this.#time();
    if (time.nowMs < this.#heldUntilMs[rateClass]) return false;
    const costs = this.#costs.get(request)!;
    for (const { rule, tokens } of costs) {
      const share = rule.shares[rateClass] ?? 1;
      if (this.#window(rule, listing).used(time) + tokens > Math.floor(rule.limit * share)) return false;
    }
    for (const { rule, tokens } of costs) this.#window(rule, listing).take(tokens, time);
    return true;
  }

  /** The limit that the venue publishes for this account, before anything is sent: what is counted so far is forgotten. */
  setLimit(ruleName: string, limit: number): void {
    const rule = this.#rule(ruleName);
    assert(Number.isSafeInteger(limit) && limit > 0, `a limit of ${limit} for ${ruleName}`);
    rule.limit = limit;
    rule.windows.clear();
  }

  /** The venue's own counter of a rule, and its own limit where it says one. Only ever leaves less to send. */
  observe(ruleName: string, used: number, limit = Number.POSITIVE_INFINITY, listing = VENUE_WIDE): void {
    const rule = this.#rule(ruleName);
    if (limit > 0 && limit < rule.limit) rule.limit = limit;
    if (used > 0) this.#window(rule, listing).raise(used, this.#time());
  }

  /** The venue turned a request away. `retryAfterMs` where it said how long; `ruleName` for `windowFull`, where it is known. */
  refused(refusal: RateRefusal, retryAfterMs = 0, ruleName?: string, listing = VENUE_WIDE): void {
    const { nowMs } = this.#time();
    const attempt = this.#refusalsInRow;
    this.#refusalsInRow += 1;
    switch (refusal) {
      case "throttled": {
        const jitteredMs = this.#random() * Math.min(THROTTLED_MS_MAX, THROTTLED_BASE_MS * 2 ** Math.min(attempt, 20));
        this.#hold("hedge", nowMs + Math.max(THROTTLED_MS_MIN, retryAfterMs, jitteredMs));
        return;
      }
      case "windowFull": {
        const rules = ruleName === undefined ? this.#rules : this.#rules.filter(({ name }) => name === ruleName);
        const clearAtMs = rules.map((rule) => this.#window(rule, listing).clearAtMs(this.#time()));
        this.#hold("hedge", Math.max(nowMs + retryAfterMs, Math.min(...clearAtMs)));
        return;
      }
      case "overloaded":
        this.#hold(
          "hedge",
          nowMs + Math.max(retryAfterMs, Math.min(OVERLOADED_MS_MAX, OVERLOADED_BASE_MS * 2 ** Math.min(attempt, 20))),
        );
        return;
      case "banned":
        this.#hold("unwind", nowMs + (retryAfterMs > 0 ? retryAfterMs : BANNED_MS));
        return;
    }
  }

  /** The venue took a request: the next refusal starts the backoff again. Holds that stand stay. */
  accepted(): void {
    this.#refusalsInRow = 0;
  }

  /** For people to look at. Limits per listing are named where something has been used of them. */
  usage(): RateUsage[] {
    const time = this.#time();
    return this.#rules.flatMap(({ name, per, limit, windows }) => {
      if (per === "venue" && windows.size === 0) return [{ name, listing: VENUE_WIDE, used: 0, limit }];
      return [...windows].map(([listing, window]) => ({ name, listing, used: window.used(time), limit }));
    });
  }

  /** Monotonic ms until which a class is held back by the venue's word; in the past when it is not. */
  heldUntilMs(rateClass: RateClass): number {
    return this.#heldUntilMs[rateClass];
  }

  /** Holds back a class and all that are less urgent. */
  #hold(from: RateClass, untilMs: number): void {
    for (const rateClass of RATE_CLASSES.slice(RATE_CLASSES.indexOf(from))) {
      this.#heldUntilMs[rateClass] = Math.max(this.#heldUntilMs[rateClass], untilMs);
    }
  }

  #rule(ruleName: string): Rule {
    const rule = this.#rules.find(({ name }) => name === ruleName);
    assert(rule, `no rate rule is called ${ruleName}`);
    return rule;
  }

  #window(rule: Rule, listing: number): RateWindow {
    const key = rule.per === "venue" ? VENUE_WIDE : listing;
    let window = rule.windows.get(key);
    if (!window) {
      window =
        rule.window === "fixed"
          ? new FixedWindow(rule.windowMs, this.#guardMs)
          : new RollingWindow(rule.windowMs, this.#guardMs, rule.limit);
      rule.windows.set(key, window);
    }
    return window;
  }

  #costsOf(request: string, byRule: Readonly<Record<string, number>>): Cost[] {
    return Object.entries(byRule).map(([name, tokens]) => {
      const rule = this.#rules.find((each) => each.name === name);
      assert(rule && tokens > 0, `${request} costs ${tokens} of ${name}, which is no rule`);
      return { rule, tokens };
    });
  }
}
