/** An item of the checklist: one question, its answer, and what the answer rests on. */

export const STATUSES = ["passed", "failed", "notApplicable"] as const;
export type ItemStatus = (typeof STATUSES)[number];

export interface Item {
  /** Stable: scripts may look for it. */
  readonly id: string;
  readonly question: string;
  readonly status: ItemStatus;
  /** One sentence: what was found, what is wrong, or why the question does not arise. */
  readonly why: string;
  /** Numbers, files and times; plain JSON. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type Answer = Omit<Item, "id" | "question">;

export const passed = (why: string, evidence: Item["evidence"] = {}): Answer => ({ status: "passed", why, evidence });
export const failed = (why: string, evidence: Item["evidence"] = {}): Answer => ({ status: "failed", why, evidence });
export const notApplicable = (why: string, evidence: Item["evidence"] = {}): Answer => ({
  status: "notApplicable",
  why,
  evidence,
});

/** Passed where nothing is wrong. */
export const judged = (wrong: readonly string[], right: string, evidence: Item["evidence"]): Answer =>
  wrong.length === 0 ? passed(right, evidence) : failed(wrong.join("; "), evidence);
