/**
 * Client order ids: 32 lower-case hex characters that say which cause an order serves, so that an orphan found at a venue
 * can be traced to its signal without any table. SPEC §8.
 *
 *     tag 16 (SHA-256 of engine | cause) · epoch 6 · attempt 4 · leg 2 · venue 4
 *
 * A pure function of its inputs. The epoch is the boot counter, durable before the engine is active, so that an id lost with
 * an unsynced journal tail is never made again.
 */
import { assert } from "../domain/units.ts";

export const TAG_CHARS = 16;

export function clientOrderId(tag: string, epoch: number, attempt: number, leg: number, venue: number): string {
  assert(tag.length === TAG_CHARS, `an order tag has ${TAG_CHARS} characters, got "${tag}"`);
  return tag + hex(epoch, 6) + hex(attempt, 4) + hex(leg, 2) + hex(venue, 4);
}

/** The part that all orders of one cause share. */
export const tagOfOrder = (id: string): string => id.slice(0, TAG_CHARS);

function hex(value: number, chars: number): string {
  const text = value.toString(16);
  assert(
    Number.isInteger(value) && value >= 0 && text.length <= chars,
    `${value} does not fit ${chars} hex characters of an order id`,
  );
  return text.padStart(chars, "0");
}
