/** What the core decides in a run: encoded as the decision log's records, hashed, and handed to the account. */
import type { Command, Event } from "../../core/event.ts";
import type { Core } from "../../core/step.ts";
import { recordCommand } from "../../lane/record-command.ts";
import type { Account } from "./account.ts";
import type { Said } from "./account-part.ts";
import { RecordHash } from "./record-hash.ts";

export class RunDecisions {
  readonly #core: Core;
  readonly #account: Account;
  /** Wall time of a monotonic one. */
  readonly #wallMsOf: (ns: number) => number;
  readonly #records = new RecordHash();
  /** Of the newest signal: what is decided of it is decided in its own step. */
  #saidSeq = 0;
  #newest: Said | null = null;
  readonly #said = (intakeSeq: number): Said | null => (intakeSeq === this.#saidSeq ? this.#newest : null);

  constructor(core: Core, account: Account, wallMsOf: (ns: number) => number) {
    this.#core = core;
    this.#account = account;
    this.#wallMsOf = wallMsOf;
  }

  /** Records that the decision log would hold. */
  get count(): number {
    return this.#records.count;
  }

  /** A signal is about to be decided. */
  hear(intakeSeq: number, said: Said): void {
    this.#saidSeq = intakeSeq;
    this.#newest = said;
  }

  take(command: Command, { nowNs, wallMs }: Event): void {
    recordCommand(this.#records, this.#core, command, nowNs, wallMs);
    const account = this.#account;
    switch (command.type) {
      case "place":
        account.onIntent(wallMs, command.child);
        return;
      case "verdict":
        account.onVerdict(command.verdict);
        return;
      case "alarm":
        account.onAlarm(command.alarm.code);
        return;
      case "decided":
        this.#decided(command.shield, wallMs);
        return;
      case "positioned":
        account.onPositioned(wallMs, command.record, this.#said);
        return;
      case "scored":
        account.onScored(command.scored, this.#said);
        return;
      case "outcome":
        account.onOutcome(command.outcome);
        return;
      case "cancel":
      case "query":
      case "breaker":
      case "mark":
        return;
    }
  }

  /** SHA-256 over all records. Once. */
  digest(): string {
    return this.#records.digest();
  }

  #decided(shield: number, wallMs: number): void {
    const { decision, targetLots, exposureNotional } = this.#core.shields[shield]!;
    if (decision === null) return;
    const { model = "", modelVersion = "" } = this.#said(decision.intakeSeq) ?? {};
    const receivedMs = this.#wallMsOf(decision.cause.receivedNs);
    const decided = { shield, targetLots, exposureNotional, decision };
    this.#account.onDecided(wallMs, decided, { model, modelVersion, receivedMs });
  }
}
