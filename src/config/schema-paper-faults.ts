/**
 * Faults that a paper venue has from its start. The same fields as `POST /paper/faults` takes: which of them a kind has is
 * checked where the venue is started (`paper/fault-forms.ts`, whose table says what each does).
 */
import * as v from "valibot";
import { decimal, flag, integer, oneOf, real, section, text } from "./setting.ts";

const DURATION_MS_MAX = 3_600_000;

const duration = (min: number, sentence: string) =>
  v.exactOptional(real({ min, max: DURATION_MS_MAX, unit: "ms", sentence }));

export const PaperFaultConfig = section(
  {
    kind: oneOf(
      [
        "dropBefore",
        "delayBefore",
        "dropAck",
        "delayAck",
        "stallBody",
        "reject",
        "limited",
        "http503",
        "partial",
        "lie",
        "killSockets",
        "delayEvents",
        "duplicateEvents",
        "reorderEvents",
        "userStreamDrop",
        "clockSkew",
        "lateQuotes",
        "otherRules",
        "outage",
      ],
      { sentence: "What goes wrong." },
    ),
    on: v.exactOptional(
      oneOf(["place", "cancel", "query", "any", "other"], {
        sentence: "Operations it strikes; place by default, other: every request that is no order.",
      }),
    ),
    symbol: v.exactOptional(
      text({ pattern: /^[A-Za-z0-9._-]{1,40}$/, form: "a venue's symbol", sentence: "Strikes this symbol only." }),
    ),
    count: v.exactOptional(
      integer({ min: 1, max: 1_000_000, sentence: "Operations it strikes; 1 by default, unlimited with durationMs." }),
    ),
    durationMs: duration(1, "How long it holds."),
    startsInMs: duration(0, "When it begins, after the venue's start."),
    ms: v.exactOptional(
      real({ min: -DURATION_MS_MAX, max: DURATION_MS_MAX, unit: "ms", sentence: "Delay, or skew of the clock." }),
    ),
    code: v.exactOptional(integer({ min: -99_999, max: 999_999, sentence: "Code of a reject." })),
    msg: v.exactOptional(text({ pattern: /^.{1,256}$/, form: "1 to 256 characters", sentence: "Text of a reject." })),
    status: v.exactOptional(integer({ min: 403, max: 429, sentence: "HTTP status of limited: 429, 418 or 403." })),
    retryAfterMs: duration(0, "How long limited tells to stay away."),
    variant: v.exactOptional(
      oneOf(["unknown", "unavailable", "throttled", "internal"], { sentence: "Which 503 it is." }),
    ),
    executes: v.exactOptional(flag({ sentence: "Whether a 503 unknown has executed the order; true by default." })),
    quantity: v.exactOptional(decimal({ unit: "as orders state it", sentence: "What a partial leaves to be taken." })),
    tickSize: v.exactOptional(decimal({ unit: "quote", sentence: "What otherRules states in place of the tick." })),
    lotSize: v.exactOptional(decimal({ unit: "base", sentence: "What otherRules states in place of the lot." })),
    contractSize: v.exactOptional(
      decimal({ unit: "base", sentence: "What otherRules states in place of a contract." }),
    ),
    what: v.exactOptional(oneOf(["neverMatched", "neverTold"], { sentence: "What a lie hides." })),
    sockets: v.exactOptional(oneOf(["orders", "user", "market", "all"], { sentence: "Which sockets are killed." })),
    when: v.exactOptional(
      oneOf(["beforeExecute", "afterExecute", "afterAnswer", "afterEvents"], { sentence: "When they are killed." }),
    ),
    times: v.exactOptional(integer({ min: 2, max: 100, sentence: "How often a duplicated event comes." })),
    userEvent: v.exactOptional(flag({ sentence: "Whether a dropAck loses the private event too." })),
  },
  "One fault.",
);
