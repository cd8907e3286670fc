/**
 * Explanation of the portfolio hedge: for each of its last corrections every number from the correlation in use to what its
 * orders filled. Read from the decision log alone, once, with memory for as many corrections as are asked for.
 */
import type { PortfolioRecord } from "../core/playbooks/portfolio.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { instrumentName, type Line, type Names } from "./explain.ts";
import { AnalysesInUse } from "./explain-analyses.ts";
import { LastStories, Story } from "./explain-last.ts";
import { readNamed } from "./json-records.ts";
import type { RecordView } from "./reader.ts";
import { RECORD } from "./records.ts";

/** The last `count`, oldest first. */
export function explainPortfolio(count: number, names: Names, decisions: Iterable<RecordView>): Line[][] {
  const corrections = new LastStories(count, names);
  const analyses = new AnalysesInUse();
  for (const record of decisions) {
    corrections.take(record);
    analyses.take(record);
    if (record.type !== RECORD.PORTFOLIO) continue;
    const correction = readNamed(bytesIn(record.payload)) as PortfolioRecord;
    if (correction.cause === undefined) continue;
    const cause = correction.cause.text;
    const story = new Story((child) => child.cause === cause);
    sayCorrection(story, correction, analyses.correlation(), names, record.wallMs);
    corrections.begin(story);
  }
  return corrections.told();
}

function sayCorrection(
  story: Story,
  record: PortfolioRecord,
  estimate: ReturnType<AnalysesInUse["correlation"]>,
  names: Names,
  wallMs: number,
): void {
  const name = (instrument: number) => instrumentName(names, instrument);
  if (estimate !== null) {
    const { basis, instruments, correlation, volatilityDaily } = estimate;
    const at = instruments.indexOf(record.index);
    story.say("correlation", "newest observation", new Date(estimate.untilMs).toISOString());
    story.say("correlation", "too old", record.isStale ? "yes: the hedge may only shrink" : "no");
    if (basis !== undefined) {
      story.say("correlation", "method", basis.method);
      story.say("correlation", "sample", basis.sample);
      story.say("correlation", "returns", basis.rows);
    }
    story.say("correlation", "shrinkage", estimate.shrinkage);
    for (const [row, instrument] of instruments.entries()) {
      const rho = `ρ ${correlation[row]![at]}, daily volatility ${volatilityDaily[row]}`;
      story.say("correlation", name(instrument), instrument === record.index ? `the index, ${rho}` : rho);
    }
  }
  for (const { instrument, notional, beta } of record.open) {
    story.say("open", name(instrument), `${notional} × β ${beta} = ${notional * beta}`);
  }
  story.say("cluster", "share along one direction", record.eigenvectorShare);
  story.say("cluster", "whole book", record.isWhole ? "is one cluster" : "is not one cluster");
  for (const { members, net, excess } of record.clusters) {
    story.say("cluster", members.map(name).join(" + "), `net ${net}, beyond ${record.notionalMax}: ${excess}`);
  }
  story.say("size", "decided", new Date(wallMs).toISOString());
  story.say("size", "because", record.why);
  story.say("size", `price of ${name(record.index)}`, record.indexPrice);
  story.say("size", "rollout", record.rampFactor);
  story.say("size", "held lots", record.heldLots);
  story.say("size", "target lots", record.targetLots);
}
