import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChild } from "../../src/core/child.ts";
import { OrderIndex } from "../../src/core/order-index.ts";
import { createPrng } from "../../src/sim/prng.ts";

const child = (clientOrderId: string) => Object.assign(createChild(), { clientOrderId });
/** Of one cause: alike but for their last half. */
const idOf = (n: number) => `0123456789abcdef000001${n.toString(16).padStart(4, "0")}000001`;

describe("an order index", () => {
  it("is what a Map would be, through growth and closing gaps", () => {
    const runs = fc.tuple(
      fc.integer(),
      fc.integer({ min: 1, max: 1200 }),
      fc.double({ min: 0.3, max: 0.7, noNaN: true }),
    );
    fc.assert(
      fc.property(runs, ([seed, ids, keeps]) => {
        const prng = createPrng(seed);
        const index = new OrderIndex();
        const map = new Map<string, ReturnType<typeof child>>();
        for (let n = 0; n < 1500; n++) {
          const id = idOf(prng.int(ids));
          if (prng.float() < keeps) {
            const added = child(id);
            index.set(id, added);
            map.set(id, added);
          } else {
            index.delete(id);
            map.delete(id);
          }
        }
        for (let n = 0; n < ids; n++) if (index.get(idOf(n)) !== map.get(idOf(n))) return false;
        return true;
      }),
      { numRuns: 50 },
    );
  });

  it("knows nothing of an id that is no order of ours, whatever it looks like", () => {
    const index = new OrderIndex();
    index.set(idOf(1), child(idOf(1)));
    for (const id of ["", "x", idOf(2), `${idOf(1)}0`, idOf(1).toUpperCase()]) expect(index.get(id)).toBeUndefined();
    index.delete("nothing");
    expect(index.get(idOf(1))).toBeDefined();
  });
});
