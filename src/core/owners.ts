/**
 * Owners of orders: shields first, then the signal playbooks, then the reversion playbooks, in the order of the configuration,
 * then the portfolio hedge.
 * Their number stands in every order, and their own causes (`position|n`) are numbered so that no two share one.
 */
import type { CoreConfig } from "./config.ts";

export const ownerCount = ({ shields, signals, reversions, portfolio }: CoreConfig): number =>
  shields.length + signals.length + reversions.length + (portfolio === undefined ? 0 : 1);

/** How operators and alarms name it: its kind and what it is about, such as `shield:BTC/USDT`. */
export function ownerName({ directory, shields, signals, reversions }: CoreConfig, owner: number): string {
  const symbol = (instrument: number) => directory.instruments[instrument]!.symbol;
  const names = [
    ...shields.map(({ asset }) => `shield:${symbol(asset)}`),
    ...signals.map(({ asset }) => `signal:${symbol(asset)}`),
    ...reversions.map(({ primary }) => `reversion:${symbol(primary)}`),
  ];
  return names[owner] ?? "portfolio";
}

/** `made` causes of this owner came before: owner i of n makes i, i + n, i + 2n. */
export const positionCause = (config: CoreConfig, owner: number, made: number): string =>
  `position|${owner + ownerCount(config) * made}`;

/** How many causes the owner has made at least, by one that is found in the journal; 0 where it is no such cause. */
export function causesMade(config: CoreConfig, owner: number, cause: string): number {
  const found = /^position\|(\d+)$/.exec(cause);
  return found === null ? 0 : Math.floor((Number(found[1]) - owner) / ownerCount(config)) + 1;
}
