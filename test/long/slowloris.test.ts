/** Slow heads and heads that never end: the parser's own timer, about ten seconds, which is too long for the other tests. */
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type Harness, post, schemaBody, signedHeaders, startHarness, until } from "../gateway/support.ts";

const CONNECTIONS = 300;
const GIVEN_UP_MS = 30_000;

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.receiver.close();
});

it(`gives ${CONNECTIONS} slow heads up, and serves others meanwhile`, async () => {
  harness = await startHarness({ connectionsMax: CONNECTIONS + 20 });
  const { receiver, url, intake } = harness;
  const heads = [
    "POST /hooks/sample HTTP/1.1\r\nhost: x\r\nx-a: ",
    "POST /hooks/sample HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n folded: x\r\n\r\n",
    "GET /feed HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n",
    "",
  ];
  let closed = 0;
  const sockets = Array.from({ length: CONNECTIONS }, (_, n) => {
    const socket = connect(receiver.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => {
      closed += 1;
    });
    socket.write(heads[n % heads.length] as string);
    return socket;
  });
  const dribble = setInterval(() => {
    for (const [n, socket] of sockets.entries()) if (n % heads.length !== 3 && socket.writable) socket.write("a");
  }, 700);
  try {
    await until(() => receiver.connections() >= CONNECTIONS, "all of them to be in");
    const startMs = performance.now();
    while (closed < CONNECTIONS && performance.now() - startMs < GIVEN_UP_MS) {
      const body = schemaBody();
      const headers = { ...signedHeaders(body), connection: "close" };
      expect((await post(`${url}/hooks/sample`, body, headers)).status).toBe(202);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(closed).toBe(CONNECTIONS);
    expect(intake.deadLetters).toEqual([]);
    await until(() => receiver.connections() === 0, "none to be left");
  } finally {
    clearInterval(dribble);
    for (const socket of sockets) socket.destroy();
  }
});
