/**
 * An engine on a paper exchange chooses its hedge at the first start, finds by its own correlation that what it protects moves
 * together, hedges the cluster with an index, goes on after a restart and replays byte for byte. Nobody sends it anything.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chooseHedges } from "../../src/cli/choose-hedges.ts";
import { hedgeChoicesPath, withHedgeChoices } from "../../src/config/hedge-choices.ts";
import type { Config } from "../../src/config/schema.ts";
import { PAPER_API_KEY, PAPER_API_SECRET } from "../../src/config/secrets.ts";
import type { PortfolioRecord } from "../../src/core/playbooks/portfolio.ts";
import { startEngine } from "../../src/engine.ts";
import { explainPortfolio } from "../../src/journal/explain-portfolio.ts";
import { readNamed } from "../../src/journal/json-records.ts";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { startPaper } from "../../src/paper/server.ts";
import { compileKernels } from "../../src/wasm/kernels.ts";
import { directoryOf } from "../../src/wiring/wiring.ts";
import { writeCandles } from "../analyses/made-pair.ts";
import { freePort } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { sampleConfig } from "../support/sample-config.ts";
import { Random } from "../wasm/random.ts";

const HOUR_MS = 3_600_000;
const ROWS = 800;
const PRICES = { BTCUSDT: 61_800, ETHUSDT: 2650, SOLUSDT: 150, XRPUSDT: 5 };
const SYMBOLS = Object.entries(PRICES).map(([symbol, price]) => ({
  symbol,
  tickSize: symbol === "BTCUSDT" ? "0.1" : "0.01",
  lotSize: "0.001",
  initialPrice: String(price),
}));
const perp = (base: string) => ({
  symbol: `${base}/USDT:USDT`,
  tickSize: "0.01",
  lotSize: "0.001",
  listings: [{ venue: "paper-a", symbol: `${base}USDT` }],
});

it("hedges a cluster with its index, by a hedge it chose and a correlation it computed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-portfolio-"));
  const history = writeHistory(directory);
  const venues = [{ name: "paper-a", port: 0, apiKey: PAPER_API_KEY, apiSecret: PAPER_API_SECRET, symbols: SYMBOLS }];
  const paper = await startPaper({ venues, market: { type: "synthetic", volatilityDaily: 0.04 }, seed: 11 });
  const { config: given, secrets } = sampleConfig({
    directory,
    venues: paper.venues.map(({ name, port }) => ({ name, port })),
    receiverPort: await freePort(),
    controlPort: await freePort(),
    lanes: "inline",
    edit: (yaml) => {
      yaml.instruments.push(perp("SOL"), perp("XRP"));
      // XRP moves on its own: it is no hedge of BTC.
      yaml.shield[0].hedge = "auto";
      yaml.shield[0].hedgeCandidates = ["XRP/USDT:USDT", "BTC/USDT:USDT"];
      yaml.shield[0].betaRule = { method: "returns" };
      yaml.portfolio = { index: "SOL/USDT:USDT", clusterNotionalMax: 50_000 };
      yaml.analyses = { history, historyAgeDaysMax: 3 };
    },
  });
  const log: string[] = [];
  const say = (text: string) => void log.push(text);
  const start = (config: Config) => startEngine(config, secrets, { info: say, warn: say });
  const decisions = join(directory, "journal", "decisions");
  const symbols = directoryOf(given).instruments.map(({ symbol }) => symbol);
  try {
    const config = await chooseHedges(given, Date.now(), say);
    expect(config.shield.map(({ hedge }) => hedge)).toEqual(["BTC/USDT:USDT", "ETH/USDT:USDT"]);
    expect(log[0]).toMatch(
      /^hedge: shield of BTC\/USDT with BTC\/USDT:USDT, chosen now: score 0\.\d+: takes [89]\d\.\d+ %.*XRP/,
    );
    // What was chosen is what the next start reads, whatever it would choose then.
    expect(withHedgeChoices(given)).toEqual(config);
    expect(JSON.parse(readFileSync(hedgeChoicesPath(given), "utf8"))).toHaveLength(1);

    const engine = await start(config);
    const first = () => recordsOf(decisions).find(({ cause }) => cause !== undefined);
    await eventually(
      () => first() !== undefined,
      () => log.join("\n"),
      40_000,
    );
    const record = first()!;
    expect(record.why).toBe("beyond the limit");
    expect(symbols[record.index]).toBe("SOL/USDT:USDT");
    expect(record.open.map(({ instrument }) => symbols[instrument])).toEqual(["BTC/USDT", "ETH/USDT:USDT"]);
    expect(record.targetLots).toBeLessThan(0);
    const [cluster] = record.clusters;
    const wished = -record.targetLots * 0.001 * record.indexPrice;
    expect(wished / cluster!.excess).toBeCloseTo(1, 2);
    const filled = () =>
      explainPortfolio(1, namesOf(config), readLog(decisions))[0]?.some(({ value }) => /filled/.test(String(value)));
    await eventually(
      () => filled() === true,
      () => log.join("\n"),
      20_000,
    );
    await engine.stop();

    const orders = recordsOf(decisions).length;
    const again = await start(config);
    // Past its first seconds, quotes and a fresh correlation included.
    const lifeOf = () => log.filter((line) => line.includes("analysis: correlation")).length;
    await eventually(
      () => lifeOf() === 2,
      () => log.join("\n"),
      40_000,
    );
    await again.stop();
    expect(recordsOf(decisions).length - orders, "corrections after the restart").toBeLessThan(2);
    const replay = replayJournal(null, join(directory, "journal"), compileKernels());
    expect(replay).toMatchObject({ lives: 2, differences: [], gaps: [] });
  } finally {
    await paper.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

/** A market's hourly walk with something of each one's own; XRP's is its own alone. The last candle has just ended. */
function writeHistory(directory: string): { instrument: string; file: string }[] {
  const random = new Random(3);
  const firstMs = Math.floor(Date.now() / HOUR_MS - ROWS) * HOUR_MS;
  const market = Array.from({ length: ROWS }, () => 0.008 * random.normal());
  const write = (name: string, follows: number, price: number) => {
    let log = 0;
    const closes = market.map((step) => {
      log += follows * step + 0.002 * random.normal() + (1 - follows) * 0.008 * random.normal();
      return price * Math.exp(log);
    });
    writeCandles(join(directory, `${name}.csv`), closes, firstMs, HOUR_MS);
    return join(directory, `${name}.csv`);
  };
  const file = {
    btc: write("btc", 1, PRICES.BTCUSDT),
    btcPerp: write("btc-perp", 1, PRICES.BTCUSDT),
    eth: write("eth", 1, PRICES.ETHUSDT),
    sol: write("sol", 1, PRICES.SOLUSDT),
    xrp: write("xrp", 0, PRICES.XRPUSDT),
  };
  return [
    { instrument: "BTC/USDT", file: file.btc },
    { instrument: "BTC/USDT:USDT", file: file.btcPerp },
    { instrument: "ETH/USDT:USDT", file: file.eth },
    { instrument: "SOL/USDT:USDT", file: file.sol },
    { instrument: "XRP/USDT:USDT", file: file.xrp },
  ];
}

const namesOf = ({ sources, instruments, venues }: Config) => ({
  sources: sources.map(({ name }) => name),
  instruments,
  venues,
});

function recordsOf(directory: string): PortfolioRecord[] {
  const found: PortfolioRecord[] = [];
  for (const { type, payload } of readLog(directory)) {
    if (type !== RECORD.PORTFOLIO) continue;
    found.push(readNamed(bytesIn(payload)) as PortfolioRecord);
  }
  return found;
}
