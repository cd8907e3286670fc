/** What the account has to look at, of a core's configuration: its playbooks in the order in which they own orders. */
import type { CoreConfig } from "../../core/config.ts";
import type { AccountOptions } from "./account.ts";

export function accountOptions(
  { directory, shields, signals, reversions }: CoreConfig,
  priced: ReadonlySet<number>,
  sampleMs: number,
  capital: number | null,
): AccountOptions {
  return {
    directory,
    held: shields,
    traded: [
      ...signals.map(({ primary, hedge, notionalMax }) => ({
        playbook: "signal" as const,
        primary,
        hedge,
        notional: notionalMax,
      })),
      ...reversions.map(({ primary, hedge, notional }) => ({
        playbook: "reversion" as const,
        primary,
        hedge,
        notional,
      })),
    ],
    priced,
    sampleMs,
    capital: capital ?? Number.NaN,
  };
}
