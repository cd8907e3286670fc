/**
 * Client order ids: 32 lower-case hex characters that say which cause an order serves, so that an orphan found at a venue
 * can be traced to its signal without any table. SPEC §8.
 *
 *     tag 16 (SHA-256 of engine | cause) · epoch 6 · attempt 4 · leg 2 · venue 4
 *
 * A pure function of its inputs. The epoch is the boot counter, durable before the engine is active, so that an id lost with
 * an unsynced journal tail is never made again.
 */
import { AssertionError } from "../domain/units.ts";

export const TAG_CHARS = 16;
/** Orders that one cause can have in one epoch. */
export const ATTEMPTS_MAX = 0x10000;

export function clientOrderId(tag: string, epoch: number, attempt: number, leg: number, venue: number): string {
  return tagged(tag, suffixOf(epoch, attempt, leg, venue));
}

/**
 * The ids of one epoch. All but the tag comes from a small set, so it is made once: joining two finished halves costs a
 * fortieth of joining the parts, several times per decision.
 */
export class OrderIds {
  readonly #epoch: number;
  readonly #venues: number;
  /** By attempt, leg and venue; filled as they come. */
  readonly #suffixes: (string | undefined)[];

  constructor(epoch: number, venues: number) {
    this.#epoch = epoch;
    this.#venues = venues;
    this.#suffixes = new Array(ATTEMPTS_KEPT * LEGS_KEPT * venues).fill(undefined);
  }

  of(tag: string, attempt: number, leg: number, venue: number): string {
    if (attempt >= ATTEMPTS_KEPT || leg >= LEGS_KEPT) return clientOrderId(tag, this.#epoch, attempt, leg, venue);
    const at = (attempt * LEGS_KEPT + leg) * this.#venues + venue;
    const suffix = this.#suffixes[at] ?? suffixOf(this.#epoch, attempt, leg, venue);
    this.#suffixes[at] = suffix;
    return tagged(tag, suffix);
  }
}

/** Few causes have more orders, and none has more legs. */
const ATTEMPTS_KEPT = 16;
const LEGS_KEPT = 2;

function tagged(tag: string, suffix: string): string {
  if (tag.length !== TAG_CHARS) throw new AssertionError(`an order tag has ${TAG_CHARS} characters, got "${tag}"`);
  return tag + suffix;
}

const suffixOf = (epoch: number, attempt: number, leg: number, venue: number): string =>
  hex(epoch, 3) + hex(attempt, 2) + hex(leg, 1) + hex(venue, 2);

/** Whether an id is one that an engine of this kind made for that venue, in an epoch up to `epochMax`. */
export const isMadeFor = (id: string, venue: number, epochMax: number): boolean =>
  /^[0-9a-f]{32}$/.test(id) &&
  Number.parseInt(id.slice(-4), 16) === venue &&
  Number.parseInt(id.slice(TAG_CHARS, TAG_CHARS + 6), 16) <= epochMax;

/** "00" to "ff": formatting a number costs more than looking it up. */
const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(value: number, bytes: number): string {
  if (!(Number.isInteger(value) && value >= 0 && value < 256 ** bytes)) {
    throw new AssertionError(`${value} does not fit ${2 * bytes} hex characters of an order id`);
  }
  let text = HEX_BYTES[value & 255]!;
  for (let at = 1; at < bytes; at++) text = HEX_BYTES[(value >> (8 * at)) & 255]! + text;
  return text;
}
