import { connect } from "node:net";
import { expect, it } from "vitest";
import { createPrng } from "../../src/sim/prng.ts";
import { PASSPHRASE, post, rawPost, schemaBody, signedHeaders, startHarness, until } from "./support.ts";

const REQUESTS = 2_400;
const AT_ONCE = 48;

it(`survives ${REQUESTS} random raw requests and serves after them`, async () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20_261);
  const random = createPrng(seed);
  const harness = await startHarness({ answerTimeoutMs: 400 });
  const { receiver, url, intake, crashes } = harness;
  try {
    const statuses = new Map<string, number>();
    let sent = 0;
    const client = async () => {
      while (sent < REQUESTS) {
        sent += 1;
        const status = await exchange(receiver.port, randomRequest(random), random.int(4) === 0);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));

    const seen = [...statuses.keys()].sort();
    expect(crashes, `seed ${seed}`).toEqual([]);
    // The mutations are worth something only if they get past every door.
    for (const expected of ["202", "400", "401", "404", "405", "413", "415"])
      expect(seen, `seed ${seed}`).toContain(expected);
    expect(seen).not.toContain("500");
    await until(() => receiver.connections() === 0, "every socket to go");
    const accepted = intake.accepted.length;
    const body = schemaBody();
    expect((await post(`${url}/hooks/sample`, body, signedHeaders(body))).status).toBe(202);
    expect(intake.accepted.length).toBe(accepted + 1);
    expect(new Set(intake.accepted.map(({ signal }) => `${signal.source}|${signal.signalId}`)).size).toBe(accepted + 1);
  } finally {
    await receiver.close();
  }
}, 30_000);

type Random = ReturnType<typeof createPrng>;

function randomRequest(random: Random): Buffer {
  const body = random.int(3) === 0 ? `ticker=BTCUSDT passphrase=${PASSPHRASE} n=${random.int(1e9)}` : schemaBody();
  const path = pick(random, [
    "/hooks/sample",
    "/hooks/tv-7f3c9a51d2e84b60",
    "/feed",
    "/hooks/x",
    "/",
    "/hooks/%00",
    "*",
  ]);
  const type = pick(random, ["application/json", "text/plain", "a/b"]);
  const request = rawPost(path, { ...signedHeaders(body), "content-type": type }, body);
  switch (random.int(8)) {
    case 0:
      return Buffer.from(request);
    case 1:
      return Buffer.from(request.replace("POST", pick(random, ["GET", "HEAD", "BREW", "CONNECT", "", "post", "PRI"])));
    case 2:
      return Buffer.from(
        request.replace(
          /content-length: \d+/,
          `content-length: ${pick(random, ["0", "-1", "1e3", "999999", "70000", "4", ""])}`,
        ),
      );
    case 3:
      return Buffer.from(
        request.replace(
          "host: x",
          pick(random, [
            "host: x\r\nhost: y",
            "",
            "transfer-encoding: chunked",
            "expect: 100-continue",
            " folded: x",
            ": x",
            "a".repeat(5_000),
          ]),
        ),
      );
    case 4:
      return Buffer.from(request + request);
    case 5: {
      const bytes = Buffer.from(request);
      for (let n = 1 + random.int(6); n > 0; n -= 1) bytes[random.int(bytes.length)] = random.int(256);
      return bytes;
    }
    case 6:
      return Buffer.from(request).subarray(0, random.int(request.length));
    default:
      return Buffer.from(Array.from({ length: random.int(300) }, () => random.int(256)));
  }
}

/** Status of the first answer, "closed" or "silent". A rude client leaves without reading. */
function exchange(port: number, bytes: Buffer, rude: boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const finish = (status: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(status);
    };
    // Requests that are cut short are waiting for more; they need not be waited for.
    const timer = setTimeout(() => finish("silent"), 60);
    socket.on("data", (chunk) => finish(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1"))?.[1] ?? "other"));
    socket.on("close", () => finish("closed"));
    socket.on("error", () => finish("closed"));
    if (rude) socket.write(bytes, () => finish("left"));
    else socket.write(bytes);
  });
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)] as T;
}
