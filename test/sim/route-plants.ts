/** Bugs that the route scenarios must find. */
import type { Plant } from "./plants.ts";

/** The bugs that issue 4 names. */
export const NAMED: readonly Plant[] = [
  {
    name: "a timeout treated as failure",
    file: "src/core/route.ts",
    old: "        toUnknown(child, nowNs);\n",
    bug: '        this.#ledger.before(child);\n        child.state = "expired";\n        this.#ledger.after(child);\n        this.#end(child);\n        continue;\n',
    caughtBy: /I6/,
  },
  {
    name: '"not found" treated as rejected',
    file: "src/core/child.ts",
    old: "  // Before the venue is bound to have dropped it",
    bug: '  return end(child, "rejected");\n  // Before the venue is bound to have dropped it',
    caughtBy: /I6/,
  },
  {
    name: "a blind resend of what is in doubt",
    file: "src/core/resolver.ts",
    old: '    this.#commands.push({ type: "cancel", child }, { type: "query", child });\n    child.dueNs',
    bug: '    this.#commands.push({ type: "place", child }, { type: "query", child });\n    child.dueNs',
    caughtBy: /I4/,
  },
  {
    name: "a cancel's ack treated as cancelled",
    file: "src/core/child.ts",
    old: '      if (child.state !== "sent" && child.state !== "reserved") return "none";\n',
    bug: '      if (child.state === "cancelRequested" || isInDoubt(child)) return end(child, "canceled");\n      if (child.state !== "sent" && child.state !== "reserved") return "none";\n',
    caughtBy: /I6/,
  },
  {
    name: "a cancel that finds nothing treated as cancelled",
    file: "src/core/child.ts",
    old: "      // It may have filled in the meantime, so this proves nothing.\n",
    bug: '      if (!hasEnded(child)) return end(child, "canceled");\n',
    caughtBy: /I6/,
  },
  {
    name: "a fill counted again with each report of it",
    file: "src/core/ledger.ts",
    old: "    const grown = child.cumQtyLots - this.#cumBefore;",
    bug: "    const grown = child.cumQtyLots - (child.cumQtyLots === this.#cumBefore ? 0 : this.#cumBefore);",
    caughtBy: /I7/,
  },
  {
    name: "cumulative fills added up",
    file: "src/core/child.ts",
    old: "    child.cumQtyLots = lots(reported);",
    bug: "    child.cumQtyLots = lots(before + reported);",
    caughtBy: /I7/,
  },
  {
    name: "U left out of the ledger",
    file: "src/core/child.ts",
    old: "  (hasEnded(child) ? 0 :",
    bug: "  (hasEnded(child) || isInDoubt(child) ? 0 :",
    caughtBy: /I1|I2|more lots released/,
  },
];

/** Others that these modes invite. */
export const MORE: readonly Plant[] = [
  {
    name: "an ack that frees what it acknowledges",
    file: "src/core/child.ts",
    old: "  (hasEnded(child) ? 0 :",
    bug: '  (hasEnded(child) || child.state === "acked" ? 0 :',
    caughtBy: /I1|I2|more lots released/,
  },
  {
    name: "a gate and a dispatcher that forget X",
    file: "src/core/dispatch.ts",
    old: "    return Math.max(doubt, race) as Lots;",
    bug: "    return (doubt + race + 100) as Lots;",
    caughtBy: /I1|I2/,
  },
  {
    name: "a surplus that is never unwound",
    file: "src/core/playbooks/hedge-leg.ts",
    old: "    if (room > 0) this.#order(UNWIND",
    bug: "    if (room < 0) this.#order(UNWIND",
    caughtBy: /I2/,
  },
  {
    name: "a surplus that outlasts Y in silence",
    file: "src/core/route.ts",
    old: "      this.#tripBreaker(i, wallMs);\n",
    bug: "      ;\n",
    caughtBy: /I2/,
  },
  {
    name: "a late fill that is dropped",
    file: "src/core/child.ts",
    old: "  if (reported > before) {",
    bug: "  if (reported > before && !wasEnded) {",
    caughtBy: /I7/,
  },
  {
    name: "a route that closes over what is in doubt",
    file: "src/core/open-route.ts",
    old: '    if (!hasEnded(child) && child.state !== "quarantined") return false;',
    bug: "    if (!hasEnded(child) && !isInDoubt(child)) return false;",
    caughtBy: /I3/,
  },
  {
    name: "an unwind that may open a position",
    file: "src/core/allotment.ts",
    old: "      if (plan.reduceOnly && !reducible) continue;\n",
    bug: "",
    caughtBy: /I10|I2/,
  },
  {
    name: "a restart that judges absence by its own clock",
    file: "src/core/market.ts",
    old: "known.offsetMs = clockOffsetMs;",
    bug: "known.offsetMs = 0 * clockOffsetMs;",
    caughtBy: /I6/,
  },
  {
    name: "a restart that forgets an order",
    file: "src/lane/recover.ts",
    old: "        core.router.restore(child);\n",
    bug: "        if (child.attempt === 0) core.router.restore(child);\n",
    caughtBy: /I5|I7|forgotten|released/,
  },
  {
    name: "a restart that closes the breaker",
    file: "src/core/breakers.ts",
    old: "    if (entry.open) this.tripped.push(entry);\n",
    bug: "",
    caughtBy: /breaker/,
  },
  {
    name: "doubt that is asked about once",
    file: "src/core/resolver.ts",
    old: "    child.backoffMs = Math.min(child.backoffMs * 2, this.#router.resolveMaxMs);",
    bug: "    child.backoffMs = 1e9;",
    caughtBy: /I8|I3/,
  },
  {
    name: "silence about what is missing at 500 ms",
    file: "src/core/route.ts",
    old: "        if (!route.underHedgedAlarmed && ageNs",
    bug: "        if (route.children.length === 0 && ageNs",
    caughtBy: /says nothing/,
  },
];
