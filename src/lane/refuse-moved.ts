/**
 * Invariant: while something stands, is in flight or is wished, a life begins only with a configuration whose indices mean what
 * they meant to the life before (core/meaning.ts): new ones behind the old. Else positions would be booked to other instruments,
 * and decisions be followed by other playbooks.
 */
import type { CoreConfig } from "../core/config.ts";
import { firstMoved, meaningOf } from "../core/meaning.ts";
import type { Core } from "../core/step.ts";
import { JournalError } from "../journal/errors.ts";

/** `fold` makes a core of the log by the configuration it is given. Throws JOURNAL_OTHER_CONFIG. */
export function refuseMoved(before: CoreConfig | null, now: CoreConfig, fold: (config: CoreConfig) => Core): void {
  const moved = before === null ? null : firstMoved(meaningOf(before), meaningOf(now));
  if (before === null || moved === null) return;
  const open = whatIsOpen(fold(before));
  if (open.length === 0) return;
  const advice = "start with the configuration as it was and close it first, or add what is new behind what is there";
  throw new JournalError("JOURNAL_OTHER_CONFIG", `${moved}, but there is still ${open.join(", ")}: ${advice}`);
}

function whatIsOpen(core: Core): string[] {
  const { directory } = core.config;
  const positions = directory.listings.flatMap(({ index, venue, symbol }) => {
    const lots = core.ledger.positionLots(index);
    return lots === 0 ? [] : [`${lots} lots of ${symbol} at ${directory.venues[venue]!.name}`];
  });
  const { inFlight } = core.router;
  const hedges = core.shields.filter(({ decision }) => decision !== null && decision.intensity.h !== 0);
  return [
    ...positions,
    ...(inFlight > 0 ? [`${inFlight} orders in doubt`] : []),
    ...hedges.map(({ config }) => `a hedge of ${directory.instruments[config.asset]!.symbol} that is wished`),
    ...core.playbooks
      .filter(({ position }) => position.state !== "flat")
      .map(({ position }) => `a position: ${position.why}`),
  ];
}
