import { limit, quote, signed, startVenue, Wire } from "./client.ts";

const { server, venue } = await startVenue();
quote(venue, 600000, 600001, 1e9, 1e9);
const w = await Wire.open(venue, "/ws-fapi/v1");
w.socket.removeAllListeners("message");
let done: () => void = () => {};
w.socket.on("message", () => done());
const lat: number[] = [];
for (let i = 0; i < 6000; i++) {
  const m = JSON.stringify({
    id: `x${i}`,
    method: "order.place",
    params: signed(
      limit({ newClientOrderId: `i${i}`, side: i % 2 ? "BUY" : "SELL", price: i % 2 ? "60010.0" : "59990.0" }),
    ),
  });
  const t = performance.now();
  await new Promise<void>((r) => {
    done = r;
    w.socket.send(m);
  });
  if (i > 1000) lat.push(performance.now() - t);
}
lat.sort((a, b) => a - b);
console.log(
  "rtt us p50",
  (lat[lat.length >> 1]! * 1e3).toFixed(0),
  "p99",
  (lat[Math.floor(lat.length * 0.99)]! * 1e3).toFixed(0),
);
const n = 20000;
let got = 0;
const msgs = Array.from({ length: n }, (_, i) =>
  JSON.stringify({
    id: `y${i}`,
    method: "order.place",
    params: signed(
      limit({
        newClientOrderId: `j${i}`,
        recvWindow: 60000,
        side: i % 2 ? "BUY" : "SELL",
        price: i % 2 ? "60010.0" : "59990.0",
      }),
    ),
  }),
);
const t0 = performance.now();
await new Promise<void>((r) => {
  done = () => {
    if (++got === n) r();
  };
  for (const m of msgs) w.socket.send(m);
});
console.log("orders/s pipelined, client in the same thread", Math.round(n / ((performance.now() - t0) / 1e3)));

// matching alone
import { MatchingEngine } from "../../src/paper/matching.ts";

const e = new MatchingEngine();
const out: any[] = [];
let s = 1;
const rnd = (k: number) => (s = (s * 1103515245 + 12345) & 0x7fffffff) % k;
const t1 = performance.now();
const N = 1_000_000;
for (let i = 1; i <= N; i++) {
  if (i % 3 === 0) e.cancel(i - 1 - rnd(50));
  else
    e.submit(
      {
        orderId: i,
        owner: 1,
        side: rnd(2) ? "buy" : "sell",
        pxTicks: 1000 + rnd(20),
        qtyLots: 1 + rnd(30),
        timeInForce: rnd(3) ? "gtc" : "ioc",
      },
      out,
    );
}
console.log("matching ops/s", Math.round(N / ((performance.now() - t1) / 1e3)));
await server.close();
process.exit(0);
