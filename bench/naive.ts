/**
 * The naive baseline: every signal is a Piscina task, and its order is sent from the receiving thread.
 *
 *   node bench/naive.ts <order port> <token>      prints the port of its feed
 *
 * The task decodes, decides and signs with the engine's own code. It has no journal, no risk gate and no recovery, so the
 * comparison flatters it.
 */

import * as uws from "uWebSockets.js";
import { Piscina } from "piscina";
import { WebSocket } from "ws";

const [orderPort, token] = process.argv.slice(2);
const pool = new Piscina({
  filename: new URL("./naive-task.ts", import.meta.url).href,
  minThreads: 1,
  maxThreads: 1,
});

const orders = new WebSocket(`ws://127.0.0.1:${orderPort}/ws-fapi/v1`, { perMessageDeflate: false });
orders.on("message", (text) => JSON.parse(String(text)));

interface Feed {
  frames: number;
}

const app = uws.App().ws<Feed>("/feed", {
  compression: 0,
  maxPayloadLength: 4096,
  upgrade: (response, request, context) => {
    if (request.getHeader("authorization") !== `Bearer ${token}`) {
      response.writeStatus("401 Unauthorized").end();
      return;
    }
    const key = request.getHeader("sec-websocket-key");
    response.upgrade<Feed>({ frames: 0 }, key, "", "", context);
  },
  message: (socket, message) => {
    const frame = ++socket.getUserData().frames;
    // The message's memory is only lent; a task needs its own.
    pool.run(new Uint8Array(message.slice(0))).then((order: string) => {
      orders.send(order);
      socket.send(`{"frame":${frame},"status":202,"code":"ACCEPTED"}`);
    });
  },
});
app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) throw new Error("cannot listen on loopback");
  console.log(uws.us_socket_local_port(socket as unknown as uws.us_socket));
});
