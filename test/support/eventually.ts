/** Waits for something that must become true, and says what it looked like instead. */
const POLL_MS = 5;

export async function eventually(
  holds: () => boolean,
  describe: () => string = () => String(holds),
  withinMs = 60_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > untilMs) throw new Error(`did not come true within ${withinMs} ms: ${describe()}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}
