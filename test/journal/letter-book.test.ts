import { expect, it } from "vitest";
import { LETTERS_MAX, LetterBook } from "../../src/journal/letter-book.ts";
import type { DeadLetterHead } from "../../src/journal/letter-records.ts";

const head: DeadLetterHead = {
  source: "s",
  signalId: "a",
  code: "STALE",
  message: "",
  numbers: null,
  receivedMs: 0,
  forgettableMs: 0,
};
const at = { segment: 1, offset: 4096 };
const replay = { letter: 1, attempt: 1, signalId: "replay.1.1", intakeSeq: 5 };

function bookWith(position: number): LetterBook {
  const book = new LetterBook();
  book.addLetter(position, head, at);
  return book;
}

it("a replay is done on the lane's word only, and open again when the lane refuses it or gives it up", () => {
  const book = bookWith(1);
  book.addReplay(replay, 10);
  expect(book.get(1)).toMatchObject({ state: "sent", attempts: 1, lastRefusal: null });
  book.taken(4);
  expect(book.get(1)?.state).toBe("sent");
  book.taken(5);
  expect(book.get(1)?.state).toBe("done");
  expect(book.openCount).toBe(0);
  book.addReplay({ ...replay, code: "NO_VENUE", message: "none" }, 20);
  expect(book.get(1)).toMatchObject({ state: "open", attempts: 1, lastRefusal: { code: "NO_VENUE", atMs: 20 } });
  // A late word about the attempt that was given up changes nothing.
  book.taken(5);
  expect(book.get(1)?.state).toBe("open");
});

it("what was recorded and never set out is open again, also when its number went to another signal", () => {
  for (const seen of [undefined, "another"]) {
    const book = bookWith(1);
    book.addReplay(replay, 10);
    book.reopenUnseen(() => seen);
    expect(book.get(1)).toMatchObject({ state: "open", attempts: 1 });
    expect(book.ofReplay(5)).toBeUndefined();
  }
  const book = bookWith(1);
  book.addReplay(replay, 10);
  book.reopenUnseen(() => "replay.1.1");
  expect(book.get(1)?.state).toBe("sent");
});

it("a discarded letter stays discarded, and unknown ones are passed over", () => {
  const book = bookWith(1);
  book.addDiscard({ letter: 1, reason: "why" });
  book.addDiscard({ letter: 2, reason: "why" });
  book.addReplay({ ...replay, letter: 9 }, 0);
  expect(book.get(1)).toMatchObject({ state: "discarded", discardReason: "why" });
  expect(book.open()).toEqual([]);
});

it("knows where a lane-refused letter's bytes lie, and says so where it does not", () => {
  const book = new LetterBook();
  book.addSignal(7, 3, 8000);
  book.addLetter(1, { ...head, intakeSeq: 7 }, at);
  book.addLetter(2, { ...head, intakeSeq: 8 }, at);
  book.addLetter(3, { ...head, intakeSeq: 9, signalAt: { segment: 2, offset: 64 } }, at);
  expect([1, 2, 3].map((position) => book.get(position)?.bytesAt)).toEqual([
    { segment: 3, offset: 8000 },
    null,
    { segment: 2, offset: 64 },
  ]);
});

it("keeps the newest, and counts the rest", () => {
  const book = new LetterBook();
  for (let position = 1; position <= LETTERS_MAX + 3; position++) book.addLetter(position, head, at);
  expect([book.openCount, book.forgotten, book.get(3), book.get(4)?.position]).toEqual([LETTERS_MAX, 3, undefined, 4]);
});
