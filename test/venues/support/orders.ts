/** What the tests of the native clients place, and how they look at a connect that fails. */
import { inspect } from "node:util";
import { expect } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../../src/domain/units.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { VenueError } from "../../../src/venues/venue-error.ts";

/** An immediate order at the ask of these tests' markets, stamped now. */
export const orderOf = (clientOrderId: string, fields: Partial<OrderRequest> = {}): OrderRequest => ({
  ...{ clientOrderId, listing: 0, side: "buy", qtyLots: lots(10), pxTicks: ticks(618_001), timeInForce: "ioc" },
  ...{ reduceOnly: false, stampMs: Date.now() as EpochMs, validForMs: 400 },
  ...fields,
});

/** The error of a connect that must fail, with everything of it that could be printed. */
export async function connectError(venue: Venue): Promise<{ error: VenueError; shown: string }> {
  const error = await venue.connect().then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(VenueError);
  return { error: error as VenueError, shown: inspect(error, { depth: 9, showHidden: true }) };
}
