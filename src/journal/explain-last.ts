/**
 * The last stories of a log that no signal tells apart: each with its own lines, its orders and what venues said of them. What
 * begins a story, and whose an order is, says who tells them.
 *
 * An order is journaled before the record that its story begins with, so orders wait for it until the next event.
 */
import type { Child } from "../core/child.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { readIntent } from "./command-records.ts";
import { readEvent } from "./event-records.ts";
import { inOrder, type Line, type Names, orderWords, type Part, reportWords } from "./explain.ts";
import type { RecordView } from "./reader.ts";
import { RECORD } from "./records.ts";

export class Story {
  readonly lines: Line[] = [];
  readonly owns: (child: Child) => boolean;

  constructor(owns: (child: Child) => boolean) {
    this.owns = owns;
  }

  say(part: Part, name: string, value: string | number): void {
    this.lines.push({ part, name, value });
  }
}

export class LastStories {
  readonly #count: number;
  readonly #names: Names;
  readonly #stories: Story[] = [];
  readonly #storyOf = new Map<string, Story>();
  /** Orders since the last event. */
  #fresh: { readonly child: Child; readonly wallMs: number }[] = [];

  constructor(count: number, names: Names) {
    this.#count = count;
    this.#names = names;
  }

  /** Oldest first. */
  told(): Line[][] {
    return this.#stories.map(({ lines }) => inOrder(lines));
  }

  /** Its first lines have been said: its orders follow. Forgets the oldest story beyond the count. */
  begin(story: Story): void {
    this.#stories.push(story);
    for (const { child, wallMs } of this.#fresh) if (story.owns(child)) this.#order(story, child, wallMs);
    if (this.#stories.length <= this.#count) return;
    const gone = this.#stories.shift();
    for (const [id, of] of this.#storyOf) if (of === gone) this.#storyOf.delete(id);
  }

  /** Tells orders and reports. */
  take({ type, payload, monoNs, wallMs }: RecordView): void {
    const bytes = bytesIn(payload);
    if (type === RECORD.INTENT) {
      const child = readIntent(bytes, 0);
      const story = this.#stories.find((each) => each.owns(child));
      if (story === undefined) this.#fresh.push({ child, wallMs });
      else this.#order(story, child, wallMs);
      return;
    }
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read === null) return;
    this.#fresh = [];
    if (read.event.type !== "report") return;
    const { report } = read.event;
    this.#storyOf.get(report.clientOrderId)?.say("order", report.clientOrderId, reportWords(report, wallMs));
  }

  #order(story: Story, child: Child, wallMs: number): void {
    story.say("order", child.clientOrderId, orderWords(child, this.#names, wallMs));
    this.#storyOf.set(child.clientOrderId, story);
  }
}
