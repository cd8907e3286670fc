/** Children that are remembered, and objects that are used again. */
import { expect, it } from "vitest";
import { createChild } from "../../src/core/child.ts";
import { Children, ENDED_CHILDREN_MAX, FREE_CHILDREN_MAX } from "../../src/core/children.ts";

const child = (number: number) => Object.assign(createChild(), { clientOrderId: `order-${number}` });

it("a recovery that makes every child itself leaves no more objects than are used again", () => {
  const children = new Children();
  const made = ENDED_CHILDREN_MAX + 2 * FREE_CHILDREN_MAX;
  for (let number = 0; number < made; number++) {
    const one = child(number);
    children.add(one);
    children.end(one);
    children.release(one);
  }
  const isKnown = (number: number) => children.get(`order-${number}`) !== undefined;
  expect(isKnown(made - ENDED_CHILDREN_MAX - 1)).toBe(false);
  expect(isKnown(made - ENDED_CHILDREN_MAX)).toBe(true);
  // Before its first use an object has no id.
  const again = Array.from({ length: made }, () => children.blank()).filter(
    ({ clientOrderId }) => clientOrderId !== "",
  );
  expect(again).toHaveLength(FREE_CHILDREN_MAX);
  expect(new Set(again).size).toBe(FREE_CHILDREN_MAX);
});
