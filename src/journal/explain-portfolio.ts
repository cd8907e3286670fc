/**
 * Explanation of the portfolio hedge: for each of its last corrections every number from the correlation in use to what its
 * orders filled. Read from the decision log alone, once, with memory for as many corrections as are asked for.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Child } from "../core/child.ts";
import type { PortfolioRecord } from "../core/playbooks/portfolio.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesOf } from "../memory/signal-slot.ts";
import { instrumentName, type Line, type Names, orderWords, PARTS, type Part, reportWords } from "./explain.ts";
import type { RecordView } from "./reader.ts";
import { RECORD, readEvent, readIntent, readNamed } from "./records.ts";

type Estimate = Extract<Analysis, { kind: "correlation" }>;

interface Correction {
  readonly cause: string;
  readonly lines: Line[];
}

/** The last `count`, oldest first. */
export function explainPortfolio(count: number, names: Names, decisions: Iterable<RecordView>): Line[][] {
  const teller = new Teller(count, names);
  for (const record of decisions) teller.take(record);
  return teller.corrections.map(({ lines }) =>
    lines.sort((one, other) => PARTS.indexOf(one.part) - PARTS.indexOf(other.part)),
  );
}

class Teller {
  readonly corrections: Correction[] = [];
  readonly #count: number;
  readonly #names: Names;
  /** Orders since the last event: a correction is told behind its own. */
  #fresh: { readonly child: Child; readonly wallMs: number }[] = [];
  readonly #correctionOf = new Map<string, Correction>();
  #estimate: Estimate | null = null;

  constructor(count: number, names: Names) {
    this.#count = count;
    this.#names = names;
  }

  take({ type, payload, monoNs, wallMs }: RecordView): void {
    const bytes = bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
    if (type === RECORD.INTENT) {
      const child = readIntent(bytes, 0);
      const correction = this.corrections.find(({ cause }) => cause === child.cause);
      if (correction === undefined) this.#fresh.push({ child, wallMs });
      else this.#order(correction, child, wallMs);
      return;
    }
    if (type === RECORD.PORTFOLIO) {
      this.#correct(readNamed(bytes) as PortfolioRecord, wallMs);
      return;
    }
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read === null) return;
    this.#fresh = [];
    const { event } = read;
    if (event.type === "analysis" && event.analysis.kind === "correlation") this.#estimate = event.analysis;
    if (event.type !== "report") return;
    const { report } = event;
    const correction = this.#correctionOf.get(report.clientOrderId);
    if (correction !== undefined) say(correction.lines, "order", report.clientOrderId, reportWords(report, wallMs));
  }

  #correct(record: PortfolioRecord, wallMs: number): void {
    if (record.cause === undefined) return;
    const cause = record.cause.text;
    const correction = { cause, lines: linesOf(record, this.#estimate, this.#names, wallMs) };
    this.corrections.push(correction);
    for (const { child, wallMs: atMs } of this.#fresh) if (child.cause === cause) this.#order(correction, child, atMs);
    if (this.corrections.length <= this.#count) return;
    const gone = this.corrections.shift();
    for (const [id, of] of this.#correctionOf) if (of === gone) this.#correctionOf.delete(id);
  }

  #order(correction: Correction, child: Child, wallMs: number): void {
    say(correction.lines, "order", child.clientOrderId, orderWords(child, this.#names, wallMs));
    this.#correctionOf.set(child.clientOrderId, correction);
  }
}

function linesOf(record: PortfolioRecord, estimate: Estimate | null, names: Names, wallMs: number): Line[] {
  const lines: Line[] = [];
  const name = (instrument: number) => instrumentName(names, instrument);
  if (estimate !== null) {
    const { basis, instruments, correlation, volatilityDaily } = estimate;
    const at = instruments.indexOf(record.index);
    say(lines, "correlation", "newest observation", new Date(estimate.untilMs).toISOString());
    say(lines, "correlation", "too old", record.isStale ? "yes: the hedge may only shrink" : "no");
    if (basis !== undefined) {
      say(lines, "correlation", "method", basis.method);
      say(lines, "correlation", "sample", basis.sample);
      say(lines, "correlation", "returns", basis.rows);
    }
    say(lines, "correlation", "shrinkage", estimate.shrinkage);
    for (const [row, instrument] of instruments.entries()) {
      const rho = `ρ ${correlation[row]![at]}, daily volatility ${volatilityDaily[row]}`;
      say(lines, "correlation", name(instrument), instrument === record.index ? `the index, ${rho}` : rho);
    }
  }
  for (const { instrument, notional, beta } of record.open) {
    say(lines, "open", name(instrument), `${notional} × β ${beta} = ${notional * beta}`);
  }
  say(lines, "cluster", "share along one direction", record.eigenvectorShare);
  say(lines, "cluster", "whole book", record.isWhole ? "is one cluster" : "is not one cluster");
  for (const { members, net, excess } of record.clusters) {
    say(lines, "cluster", members.map(name).join(" + "), `net ${net}, beyond ${record.notionalMax}: ${excess}`);
  }
  say(lines, "size", "decided", new Date(wallMs).toISOString());
  say(lines, "size", "because", record.why);
  say(lines, "size", `price of ${name(record.index)}`, record.indexPrice);
  say(lines, "size", "rollout", record.rampFactor);
  say(lines, "size", "held lots", record.heldLots);
  say(lines, "size", "target lots", record.targetLots);
  return lines;
}

function say(lines: Line[], part: Part, name: string, value: string | number): void {
  lines.push({ part, name, value });
}
