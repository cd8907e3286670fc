/** What operators have set beside the configuration and still holds, restarts included: parts under a kill switch, changed limits. */
import type { CoreConfig } from "./config.ts";
import { partName } from "./kill-parts.ts";
import type { RiskGate } from "./risk.ts";

/** In words, for people. Allocates: for a look once a second. */
export function operatorSettings(config: CoreConfig, { parts, limits }: RiskGate): string[] {
  return [
    ...parts
      .killed()
      .map(({ part, index, level }) => `kill switch ${level} of ${part} ${partName(config, part, index)}`),
    ...limits.changed().map(({ name, value, configured }) => `limit ${name} ${value}, configured ${configured}`),
  ];
}
