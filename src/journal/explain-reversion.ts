/**
 * Explanation of a reversion's entries, which no signal asked for: every number that led to each of the last, the analyses that
 * it went by, its orders and its life. Read from the decision log alone, once.
 */
import type { Child } from "../core/child.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesOf } from "../memory/signal-slot.ts";
import { type Line, type Names, orderWords, PARTS, type Part, reportWords } from "./explain.ts";
import { AnalysesInUse } from "./explain-analyses.ts";
import type { RecordView } from "./reader.ts";
import { RECORD, readEvent, readIntent, readNamed } from "./records.ts";

interface Entry {
  readonly owner: number;
  readonly lines: Line[];
}

/** The last `count`, oldest first. */
export function explainReversions(count: number, names: Names, decisions: Iterable<RecordView>): Line[][] {
  const teller = new Teller(count, names);
  for (const record of decisions) teller.take(record);
  return teller.entries.map(({ lines }) =>
    lines.sort((one, other) => PARTS.indexOf(one.part) - PARTS.indexOf(other.part)),
  );
}

class Teller {
  readonly entries: Entry[] = [];
  readonly #count: number;
  readonly #names: Names;
  readonly #analyses = new AnalysesInUse();
  /** By owner: the entry that has not ended. */
  readonly #open = new Map<number, Entry>();
  readonly #entryOf = new Map<string, Entry>();
  /** Orders since the last event: an opening is told behind its own. */
  #fresh: { readonly child: Child; readonly wallMs: number }[] = [];

  constructor(count: number, names: Names) {
    this.#count = count;
    this.#names = names;
  }

  take({ type, payload, monoNs, wallMs }: RecordView): void {
    const bytes = bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
    if (type === RECORD.INTENT) {
      const child = readIntent(bytes, 0);
      const entry = this.#open.get(child.shield);
      if (entry === undefined) this.#fresh.push({ child, wallMs });
      else this.#order(entry, child, wallMs);
      return;
    }
    if (type === RECORD.POSITION) {
      this.#position(readNamed(bytes) as PositionRecord, wallMs);
      return;
    }
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read === null) return;
    this.#fresh = [];
    const { event } = read;
    if (event.type === "analysis") this.#analyses.take(event.analysis, wallMs);
    if (event.type !== "report") return;
    const { report } = event;
    const entry = this.#entryOf.get(report.clientOrderId);
    if (entry !== undefined) say(entry, "order", report.clientOrderId, reportWords(report, wallMs));
  }

  #position(record: PositionRecord, wallMs: number): void {
    const { owner, state, decision } = record;
    let entry = this.#open.get(owner);
    if (entry === undefined) {
      if (decision?.playbook !== "reversion" || state !== "opening") return;
      entry = { owner, lines: [] };
      this.#enter(entry, record);
    }
    const targets = `${state}, targets ${record.primaryLots} and ${record.hedgeLots} lots, h ${record.h}`;
    say(entry, "life", new Date(wallMs).toISOString(), `${targets}: ${record.why}`);
    if (state === "flat") this.#open.delete(owner);
  }

  #enter(entry: Entry, record: PositionRecord): void {
    this.entries.push(entry);
    this.#open.set(entry.owner, entry);
    const { playbook: _, ...numbers } = record.decision!;
    for (const [name, value] of Object.entries(numbers)) say(entry, "size", name, value as string | number);
    say(entry, "size", "β", record.beta);
    say(entry, "size", "price of the primary", record.entryPrice);
    if (record.decision?.playbook === "reversion") {
      const { halfLifeBars, betaMethod } = record.decision;
      say(entry, "analysis", "half-life", this.#analyses.halfLife(halfLifeBars) ?? "not in this journal");
      const ratio = this.#analyses.ratio(record.beta, betaMethod);
      say(entry, "analysis", "β", ratio ?? (betaMethod === "fixed" ? "configured" : "not in this journal"));
    }
    for (const { child, wallMs } of this.#fresh) if (child.shield === entry.owner) this.#order(entry, child, wallMs);
    if (this.entries.length <= this.#count) return;
    const gone = this.entries.shift();
    for (const [id, of] of this.#entryOf) if (of === gone) this.#entryOf.delete(id);
  }

  #order(entry: Entry, child: Child, wallMs: number): void {
    say(entry, "order", child.clientOrderId, orderWords(child, this.#names, wallMs));
    this.#entryOf.set(child.clientOrderId, entry);
  }
}

function say({ lines }: Entry, part: Part, name: string, value: string | number): void {
  lines.push({ part, name, value });
}
