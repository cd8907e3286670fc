/** The parts of the core that a playbook works with. */
import type { CoreConfig, CoreParts } from "../config.ts";
import type { Command } from "../event.ts";
import type { Ledger } from "../ledger.ts";
import type { Market } from "../market.ts";
import type { PairRouter } from "../pair-route.ts";
import type { RiskGate } from "../risk.ts";
import type { Router } from "../route.ts";

export interface Workplace {
  readonly core: CoreConfig;
  readonly parts: CoreParts;
  readonly market: Market;
  readonly ledger: Ledger;
  readonly risk: RiskGate;
  readonly router: Router;
  readonly pairs: PairRouter;
  readonly commands: Command[];
}
