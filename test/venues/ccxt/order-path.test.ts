/** When an order may go out through ccxt: what proves its path, what closes it, and that it is asked for anew. */
import { expect, it } from "vitest";
import type { OrderCall } from "../../../src/venues/ccxt/calls.ts";
import { OrderPath } from "../../../src/venues/ccxt/order-path.ts";

const URL = "wss://orders";
class OrderNotFound extends Error {}
class AuthenticationError extends Error {}

/** A path whose exchange answers each probe as the test says: with nothing, by throwing, or not at all. */
function path(create: "createOrder" | "createOrderWs", answers: readonly (Error | "ok" | "silent")[]) {
  const said: string[] = [];
  let asked = 0;
  let connected = true;
  const probe = async () => {
    const answer = answers[asked++];
    if (answer === undefined) return new Promise<never>(() => {});
    if (answer instanceof Error) throw answer;
    return [];
  };
  const it = new OrderPath({
    exchange: { fetchOpenOrders: probe, fetchOrderWs: probe, cancelOrderWs: probe } as never,
    methods: { create, query: "fetchOrderWs" },
    profile: { venueIdOf: (id) => id, askParams: () => ({}) },
    calls: {
      open: () => ({ url: "", raw: null }) as unknown as OrderCall,
      async run(call, request) {
        call.url = URL;
        if (answers[asked] === "silent") {
          asked++;
          throw new Error("no answer in time");
        }
        call.raw = {} as never;
        return request();
      },
    },
    connections: { isOpen: (url) => url === URL && connected, drop: (url) => said.push(`drop ${url}`) },
    pause: async (failures) => void said.push(`pause ${failures}`),
    onLive: (live) => said.push(live ? "live" : "down"),
    onFailure: (cause) => said.push((cause as Error).constructor.name),
  });
  void it.keep("BTC");
  const heard = async (...expected: string[]) => {
    await expect.poll(() => said).toEqual(expected);
    said.length = 0;
  };
  return { it, heard, said, cut: () => (connected = false) };
}

it("over a socket is open while that is, and asked for anew when it went", async () => {
  const { it, heard, said, cut } = path("createOrderWs", [new OrderNotFound(), "ok"]);
  expect(it.isOpen).toBe(false);
  await heard("live");
  expect(it.isOpen).toBe(true);
  it.onDown("wss://quotes");
  it.onClockLost();
  expect([it.isOpen, said]).toEqual([true, []]);
  it.onDown(URL);
  expect(it.isOpen).toBe(false);
  await heard("down", "pause 0", "live");
  // Before anybody says so.
  cut();
  expect(it.isOpen).toBe(false);
});

it("over REST is open whatever sockets do, until the exchange's clock is not heard", async () => {
  const { it, heard, cut } = path("createOrder", ["ok", "ok"]);
  await heard("live");
  cut();
  expect(it.isOpen).toBe(true);
  it.onClockLost();
  await heard("down", "pause 0", "live");
});

it("is not proved by a refusal of our key, nor by silence, which costs the connection", async () => {
  const { it, heard } = path("createOrderWs", [new AuthenticationError(), "silent", "ok", "ok"]);
  await heard(`drop ${URL}`, "AuthenticationError", "pause 0", `drop ${URL}`, "Error", "pause 1", "live");
  expect(it.isOpen).toBe(true);
  // Then patience begins anew.
  it.onDown(URL);
  await heard("down", "pause 0", "live");
});
