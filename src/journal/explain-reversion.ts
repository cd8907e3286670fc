/**
 * Explanation of a reversion's entries, which no signal asked for: every number that led to each of the last, the analyses that
 * it went by, its orders and its life. Read from the decision log alone, once.
 */
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import type { Line, Names } from "./explain.ts";
import { AnalysesInUse } from "./explain-analyses.ts";
import { LastStories, Story } from "./explain-last.ts";
import { readNamed } from "./json-records.ts";
import type { RecordView } from "./reader.ts";
import { RECORD } from "./records.ts";

/** The last `count`, oldest first. */
export function explainReversions(count: number, names: Names, decisions: Iterable<RecordView>): Line[][] {
  const entries = new LastStories(count, names);
  const analyses = new AnalysesInUse();
  /** By owner: the entry that has not ended. */
  const open = new Map<number, Story>();
  for (const record of decisions) {
    entries.take(record);
    analyses.take(record);
    if (record.type !== RECORD.POSITION) continue;
    const position = readNamed(bytesIn(record.payload)) as PositionRecord;
    const { owner, state } = position;
    if (!open.has(owner)) {
      if (position.decision?.playbook !== "reversion" || state !== "opening") continue;
      const entry: Story = new Story((child) => open.get(child.shield) === entry);
      open.set(owner, entry);
      sayEntry(entry, position, analyses);
      entries.begin(entry);
    }
    const targets = `${state}, targets ${position.primaryLots} and ${position.hedgeLots} lots, h ${position.h}`;
    open.get(owner)!.say("life", new Date(record.wallMs).toISOString(), `${targets}: ${position.why}`);
    if (state === "flat") open.delete(owner);
  }
  return entries.told();
}

function sayEntry(entry: Story, { decision, beta, entryPrice }: PositionRecord, analyses: AnalysesInUse): void {
  const { playbook: _, ...numbers } = decision!;
  for (const [name, value] of Object.entries(numbers)) entry.say("size", name, value as string | number);
  entry.say("size", "β", beta);
  entry.say("size", "price of the primary", entryPrice);
  if (decision?.playbook !== "reversion") return;
  const { halfLifeBars, betaMethod } = decision;
  entry.say("analysis", "half-life", analyses.halfLife(halfLifeBars) ?? "not in this journal");
  const ratio = analyses.ratio(beta, betaMethod);
  entry.say("analysis", "β", ratio ?? (betaMethod === "fixed" ? "configured" : "not in this journal"));
}
