/** A TCP relay in front of a venue's order socket: counts how many of them are open at a time, and can cut them. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A predecessor's FIN is with the kernel before its successor connects, but this loop may read the two in either order. */
const LOOK_AGAIN_MS = 5;

export interface OrderSocketWatch {
  readonly port: number;
  /** Connections over the watch's life. */
  readonly connections: number;
  /** The most that were open at a time. */
  readonly openMax: number;
  cut(): void;
  close(): Promise<void>;
}

export async function watchOrderSockets(venuePort: number): Promise<OrderSocketWatch> {
  const open = new Set<Socket>();
  let connections = 0;
  let openMax = 0;
  const server = createServer((socket) => {
    connections++;
    open.add(socket);
    setTimeout(() => {
      openMax = Math.max(openMax, open.size);
    }, LOOK_AGAIN_MS);
    const venue = connect(venuePort, "127.0.0.1");
    socket.setNoDelay(true);
    venue.setNoDelay(true);
    socket.pipe(venue);
    venue.pipe(socket);
    const end = () => {
      open.delete(socket);
      socket.destroy();
      venue.destroy();
    };
    for (const each of [socket, venue]) each.on("error", end).on("close", end).on("end", end);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get openMax() {
      return openMax;
    },
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
