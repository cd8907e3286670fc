/** A control port that answers as a test says, and a directory whose configuration and token lead to it. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { SMALL } from "../config/sample.ts";
import { temporary } from "./support.ts";

const TOKEN = "t0ken";

export interface ControlPort {
  readonly dir: string;
  /** Holds the token that the port knows. */
  readonly tokenFile: string;
}

/** Without the token, and where `answer` is null, it answers 401 and no more. `told` is `POST /path body`. */
export async function controlPort(answer: (told: string) => object | null): Promise<ControlPort> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const known = request.headers.authorization === `Bearer ${TOKEN}`;
    const said = known ? answer(`${request.method} ${request.url} ${body}`.trimEnd()) : null;
    response.writeHead(said === null ? 401 : 200).end(said === null ? "" : JSON.stringify(said));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const dir = temporary({ "outrigger.yaml": `control: { port: ${port} }\n${SMALL}` });
  const data = join(dir, ".outrigger/outrigger");
  mkdirSync(data, { recursive: true });
  const tokenFile = join(data, "control.token");
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  return { dir, tokenFile };
}
