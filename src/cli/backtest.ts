/** `outrigger backtest`: strategies over recorded markets. */
import type { Command } from "commander";
import { registerPairs } from "./backtest-pairs.ts";
import { registerRun } from "./backtest-run.ts";
import { registerShield } from "./backtest-shield.ts";
import { registerSignals } from "./backtest-signals.ts";
import { processShell, type Shell } from "./shell.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  const backtest = program
    .command("backtest")
    .description("Run a strategy over recorded bars and say what hedging was worth.");
  registerPairs(backtest, shell);
  registerRun(backtest, shell);
  registerShield(backtest, shell);
  registerSignals(backtest, shell);
}
