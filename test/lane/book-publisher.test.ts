/** What the published book says of positions that a playbook opened. (Those of shields: recovery and engine tests.) */
import { expect, it } from "vitest";
import { BookPublisher } from "../../src/lane/book-publisher.ts";
import { instrumentPositionSlot, listingPositionSlot } from "../../src/memory/layout.ts";
import { createPositionSlot, openPositionBook } from "../../src/memory/position-book.ts";
import { createShared } from "../../src/memory/shared.ts";
import { BTC, BTC_PERP, ETH_PERP } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

it("both legs are published, the hedge with what it protects", () => {
  const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000.01 }] });
  rig.signal({ kind: "open", confidence: 0.9, horizonMs: 1e6, instrument: BTC });
  for (const order of rig.placed()) rig.fill(order);
  const shared = createShared();
  new BookPublisher(rig.core, shared, 0).publish(rig.at.nowNs);
  const book = openPositionBook(shared);
  const slot = createPositionSlot();
  const { h } = rig.core.playbooks[0]!.position;
  expect(book.readPosition(instrumentPositionSlot(ETH_PERP), slot)).toBe(true);
  expect(slot).toMatchObject({ qtyLots: rig.held(ETH_PERP), targetLots: rig.held(ETH_PERP), hedgeRatio: h });
  expect(slot.exposureNotional).toBeCloseTo(100 * 0.001 * 60_000.1, 6);
  expect(slot.netDeltaNotional).toBeCloseTo(6000.01 + rig.held(ETH_PERP) * 0.01 * 6000.01, 6);
  expect(book.readPosition(instrumentPositionSlot(BTC_PERP), slot)).toBe(true);
  expect(slot).toMatchObject({ qtyLots: 100, targetLots: 100, hedgeRatio: 0 });
  expect(book.readPosition(listingPositionSlot(0), slot)).toBe(true);
  expect(slot.qtyLots).toBe(100);
});
