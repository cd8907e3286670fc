/**
 * `npm run study`: runs the project's studies through the command line, as anybody can, and leaves their results in one folder.
 *
 *     npm run study -- [--data DIR] [--out DIR] [--days N] [--seeds N] [--only pairs|shield|signals]
 *
 * Recorded bars are looked for in DIR (../shared/data/market unless given); what is not there is said and left out. Made-up markets are
 * seeded: the same seeds give the same results. Prints what each study prints; exits with 1 where one could not be run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    data: { type: "string", default: join(dirname(resolve(root)), "shared/data/market") },
    out: { type: "string", default: join(root, ".outrigger/study") },
    days: { type: "string", default: "182" },
    seeds: { type: "string", default: "5" },
    only: { type: "string" },
  },
});
const data = resolve(values.data);
const out = resolve(values.out);
mkdirSync(out, { recursive: true });

const bars = (name) => {
  const path = join(data, `${name}.csv`);
  return existsSync(path) ? path : null;
};
const eth = bars("spot5m_ETHUSDT_2024-04");
const btc = bars("spot5m_BTCUSDT_2024-04");
const trxBtc = bars("spot5m_TRXBTC_2018-01");
const ethBtc = bars("spot5m_ETHBTC_2018-01");

// Exit codes that say how a hedge did, and not that something went wrong (src/cli/exit-codes.ts).
const JUDGED = [0, 6, 7];
let failed = false;

for (const [name, primary, hedge] of [
  ["eth-btc", eth, btc],
  ["trx-eth", trxBtc, ethBtc],
]) {
  for (const [costs, fee, slippage] of [
    ["taker", "10", "20"],
    ["maker", "2", "1"],
    ["free", "0", "0"],
  ]) {
    const file = `pairs-${name}-${costs}`;
    const needs = [primary, hedge];
    study("pairs", file, needs, [
      ...["--primary", primary, "--hedge", hedge, "--beta-window", "288", "--lookback", "60"],
      ...["--entry", "2", "--exit", "0.5", "--stop", "3.5", "--notional", "1000", "--capital", "10000"],
      ...["--fee-bps", fee, "--slippage-bps", slippage],
      ...["--json", join(out, `${file}.json`), "--report", join(out, `${file}.html`)],
    ]);
  }
}
study(
  "shield",
  "shield",
  [],
  [
    ...(trxBtc === null ? [] : ["--bars", trxBtc]),
    ...["--seeds", values.seeds, "--days", values.days, "--json", join(out, "shield.json")],
  ],
);
study(
  "signals",
  "signals",
  [],
  [
    ...(eth === null || btc === null ? [] : ["--primary", eth, "--hedge", btc]),
    ...["--seeds", "1", "--days", values.days, "--hooks", join(out, "signals.jsonl")],
    ...["json", "csv", "report"].flatMap((kind) => [
      `--${kind}`,
      join(out, `signals.${kind === "report" ? "html" : kind}`),
    ]),
  ],
);
console.log(`\nresults: ${out}`);
process.exitCode = failed ? 1 : 0;

function study(command, name, needs, args) {
  if (values.only !== undefined && values.only !== command) return;
  if (needs.includes(null)) {
    console.log(`\n${name}: left out, its bars are not in ${data}`);
    return;
  }
  console.log(`\n${name}: outrigger backtest ${command}`);
  const { status } = spawnSync(process.execPath, [join(root, "bin/outrigger.cjs"), "backtest", command, ...args], {
    stdio: "inherit",
  });
  if (JUDGED.includes(status)) return;
  failed = true;
  console.error(`${name}: ended with ${status}`);
}
