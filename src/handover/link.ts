/**
 * Handover link: what the engine and its standby intake say to each other, over a socket in the data directory.
 *
 * One line of JSON per message. The engine serves the socket, so that the standby finds out from the system, and at once, when
 * the engine is gone: the connection ends with the process that held it, however that ends. Only this user can connect.
 */
import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { HandoverMark } from "../intake/fold.ts";

/**
 *   standby → engine   hello    it is there; `serving` says whether senders reach it
 *                      serving  senders reach it, and wait
 *                      done     senders reach it no longer, and all that it took is in its log
 *   engine → standby   take     listen, and let them wait
 *                      gone     judge them: the engine accepts nothing any more
 *                      yield    stop listening, finish, say done
 *                      handed   the engine has durably taken over what is in the log up to `mark`
 */
export type LinkMessage =
  | { readonly type: "hello"; readonly serving: boolean }
  | { readonly type: "serving" | "done" | "take" | "gone" | "yield" }
  | { readonly type: "handed"; readonly mark: HandoverMark | null };

export const linkPath = (dataDir: string): string => join(dataDir, "handover.sock");

export interface Link {
  send(message: LinkMessage): void;
  end(): void;
}

export interface LinkEvents {
  onMessage(message: LinkMessage): void;
  /** The other side is gone, or was cut off for talking nonsense. Last of all. */
  onEnd(): void;
}

const LINE_CHARS_MAX = 1024;
/** Of a socket's address, by the system's own header. */
const PATH_BYTES_MAX = 107;

/** The engine's end. Whoever holds the data directory's lock may replace a socket that a crash has left. */
export async function serveLink(dataDir: string, onLink: (link: Link) => LinkEvents): Promise<Server> {
  const path = linkPath(dataDir);
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) {
    throw new Error(
      `${path} has more than ${PATH_BYTES_MAX} bytes, which is too long for a socket: shorten engine.dataDir`,
    );
  }
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    const events = onLink(wrap(socket));
    listen(socket, events);
  });
  server.listen(path);
  await once(server, "listening");
  chmodSync(path, 0o600);
  return server;
}

/** The standby's end; null when there is no engine. */
export function openLink(dataDir: string, onLink: (link: Link) => LinkEvents): Promise<Link | null> {
  return new Promise((resolve) => {
    const socket = connect(linkPath(dataDir));
    const refused = () => resolve(null);
    socket.once("error", refused);
    socket.once("connect", () => {
      socket.removeListener("error", refused);
      const link = wrap(socket);
      listen(socket, onLink(link));
      resolve(link);
    });
  });
}

const wrap = (socket: Socket): Link => ({
  send: (message) => void (socket.writable && socket.write(`${JSON.stringify(message)}\n`)),
  end: () => void socket.destroy(),
});

function listen(socket: Socket, { onMessage, onEnd }: LinkEvents): void {
  let pending = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    pending += text;
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n")) {
      const line = pending.slice(0, end);
      pending = pending.slice(end + 1);
      try {
        onMessage(JSON.parse(line) as LinkMessage);
      } catch {
        socket.destroy();
        return;
      }
    }
    if (pending.length > LINE_CHARS_MAX) socket.destroy();
  });
  // Its end is all that an error says.
  socket.on("error", () => {});
  socket.once("close", onEnd);
}
