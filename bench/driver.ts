/**
 * The bench's own load client, for machines without a C compiler. Same arguments, same lines, same method as
 * `latency-client.c`, which says what they are. Run: node bench/driver.ts -f frames -t token -w n -p loads targets...
 *
 * It never sleeps while it measures: a JavaScript timer is too coarse for a schedule, and waking up would cost what the C
 * client does not pay. So it wants a core of its own more than that one does.
 */
import { openSync, readFileSync, writeSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FRAMES_HEADER_BYTES, TAG_BYTES } from "./frames.ts";
import { acceptHandshake, clientHandshake, MessageReader, OPCODE, writeMessage } from "./websocket.ts";

const LOST_MS = 3000;
const BOOT_MS = 30_000;
const SETTLE_MS = 20;
/** Lots of an instrument of three decimals. */
const LOTS_PER_UNIT = 1000;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    frames: { type: "string", short: "f" },
    token: { type: "string", short: "t" },
    "warm-up": { type: "string", short: "w" },
    plan: { type: "string", short: "p" },
  },
});
const file = readFileSync(options.frames ?? "");
const frameCount = file.readUInt32LE(0);
const frameBytes = file.readUInt32LE(4);
const stampOffset = file.readUInt32LE(8);
const recordAt = (index: number): number => FRAMES_HEADER_BYTES + index * (TAG_BYTES + frameBytes);
const nowUs = (): number => performance.now() * 1000;

class Target {
  readonly name: string;
  readonly isLane: boolean;
  readonly server: Server | null;
  readonly dueUs = new Float64Array(frameCount);
  readonly seenUs = new Float64Array(frameCount);
  sent = 0;
  seen = 0;
  doubled = 0;
  foreign = 0;
  refused = 0;
  #expected = 0;
  #feed: Socket | null = null;
  readonly #positions: number;
  #positionLots = 0;

  constructor(text: string) {
    const [kind, name, ...path] = text.split(":");
    this.name = name ?? "";
    this.isLane = kind === "lane";
    this.#positions = this.isLane ? openSync(path.join(":"), "r+") : -1;
    this.server = this.isLane ? createServer((socket) => this.#serveOrders(socket)) : null;
  }

  async listen(): Promise<number> {
    if (this.server === null) return 0;
    const { server } = this;
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return (server.address() as { port: number }).port;
  }

  async open(port: number): Promise<void> {
    const feed = connect({ port, host: "127.0.0.1", noDelay: true });
    const reader = new MessageReader((opcode, payload) => this.#onFeed(opcode, payload));
    await clientHandshake(feed, port, this.isLane ? "/feed" : "/", options.token ?? "");
    feed.on("data", (chunk) => reader.push(chunk));
    feed.on("close", () => fail(`${this.name} closed its feed`));
    this.#feed = feed;
  }

  send(dueUs: number): void {
    const index = this.sent++;
    const at = recordAt(index) + TAG_BYTES;
    const frame = file.subarray(at, at + frameBytes);
    const stampMs = Date.now();
    frame.writeUInt32LE(stampMs % 2 ** 32, stampOffset);
    frame.writeUInt32LE(Math.floor(stampMs / 2 ** 32), stampOffset + 4);
    this.dueUs[index] = dueUs === 0 ? nowUs() : dueUs;
    this.#feed?.write(writeMessage(OPCODE.binary, frame, true));
  }

  /** Nothing in here waits, so the stamp of an order is that of its arrival. */
  #onFeed(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.#feed?.write(writeMessage(OPCODE.pong, payload, true));
    else if (!this.isLane && opcode === OPCODE.binary) {
      const at = recordAt(this.#expected) + TAG_BYTES;
      const rest = stampOffset + 8;
      if (payload.compare(file, at + rest, at + frameBytes, rest) !== 0) fail(`${this.name}: not what was sent`);
      this.#note(this.#expected);
    } else if (this.isLane && payload.indexOf('"status":202') < 0 && this.refused++ === 0) {
      console.error(`${this.name} refused: ${payload.toString()}`);
    }
  }

  #serveOrders(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    acceptHandshake(socket, () => {
      const reader = new MessageReader((opcode, payload) => {
        if (opcode === OPCODE.ping) socket.write(writeMessage(OPCODE.pong, payload, false));
        else if (opcode === OPCODE.text) this.#onOrder(socket, payload.toString("latin1"));
      });
      socket.on("data", (chunk) => reader.push(chunk));
    });
  }

  #onOrder(socket: Socket, text: string): void {
    const order = textField(text, '"newClientOrderId":"');
    const id = textField(text, '"id":"');
    if (order === "") {
      const body = `{"id":"${id}","status":400,"error":{"code":-2013,"msg":"Order does not exist."}}`;
      socket.write(writeMessage(OPCODE.text, Buffer.from(body), false));
      return;
    }
    this.#note(this.#signalOf(order.slice(0, TAG_BYTES)));
    const price = textField(text, '"price":"');
    const quantity = textField(text, '"quantity":"');
    const side = textField(text, '"side":"');
    this.#positionLots += Math.round(Number(quantity) * LOTS_PER_UNIT) * (side === "SELL" ? -1 : 1);
    const position = Buffer.alloc(8);
    position.writeBigInt64LE(BigInt(this.#positionLots));
    writeSync(this.#positions, position, 0, 8, 0);
    const body =
      `{"id":"${id}","status":200,"result":{"orderId":${9_007_199_254_740_993n + BigInt(this.seen)},"symbol":"BTCUSDT",` +
      `"status":"FILLED","clientOrderId":"${order}","price":"${price}","avgPrice":"${price}","origQty":"${quantity}",` +
      `"executedQty":"${quantity}","cumQty":"${quantity}","cumQuote":"61.80000000","timeInForce":"IOC","type":"LIMIT",` +
      `"reduceOnly":false,"closePosition":false,"side":"${side}","positionSide":"BOTH","stopPrice":"0","workingType":` +
      `"CONTRACT_PRICE","priceProtect":false,"origType":"LIMIT","priceMatch":"NONE","selfTradePreventionMode":"NONE",` +
      `"goodTillDate":0,"updateTime":${Date.now()}}}`;
    socket.write(writeMessage(OPCODE.text, Buffer.from(body), false));
  }

  /** Which signal an order's tag belongs to; -1 for none. */
  #signalOf(tag: string): number {
    const has = (index: number) => file.toString("latin1", recordAt(index), recordAt(index) + TAG_BYTES) === tag;
    if (this.#expected < this.sent && has(this.#expected)) return this.#expected;
    for (let index = this.sent - 1; index >= 0; index--) if (has(index)) return index;
    return -1;
  }

  #note(index: number): void {
    const atUs = nowUs();
    if (index < 0) this.foreign++;
    else if (this.seenUs[index] !== 0) this.doubled++;
    else {
      this.seenUs[index] = atUs;
      this.seen++;
      this.#expected = Math.max(this.#expected, index + 1);
    }
  }
}

const targets = positionals.map((text) => new Target(text));
const loads = (options.plan ?? "").split(",").map((text) => text.split(":").map(Number) as [number, number, number]);
const warmUp = Number(options["warm-up"] ?? 0);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

console.log(`ports ${(await Promise.all(targets.map((target) => target.listen()))).join(" ")}`);
const ports = String((await lines.next()).value)
  .split(" ")
  .map(Number);
for (const [i, target] of targets.entries()) await target.open(ports[i]!);
for (const target of targets) {
  await closedLoop(target, warmUp, BOOT_MS);
  if (target.seen < warmUp) fail(`${target.name}: order ${target.seen} of the warm-up never came`);
}
console.log("warm");
for (const [index, [rate, rounds, block]] of loads.entries()) {
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) await runBlock(index, rate, block, target);
  }
}
targets.forEach((target, i) => {
  if (target.refused > 0) console.log(`refused ${i} ${target.refused}`);
});
console.log("done");
process.exit(0);

async function runBlock(load: number, rate: number, block: number, target: Target): Promise<void> {
  const { sent: first, doubled, foreign } = target;
  await (rate === 0 ? closedLoop(target, block, LOST_MS) : openLoop(target, block, rate));
  await sleep(SETTLE_MS);
  let lost = 0;
  const latencies: string[] = [];
  for (let i = first; i < target.sent; i++) {
    if (target.seenUs[i] === 0) lost++;
    else latencies.push((target.seenUs[i]! - target.dueUs[i]!).toFixed(1));
  }
  const counts = [lost, target.doubled - doubled, target.foreign - foreign];
  console.log(["block", load, targets.indexOf(target), ...counts, ...latencies].join(" "));
}

function closedLoop(target: Target, block: number, lostMs: number): Promise<void> {
  const last = target.sent + block;
  let untilUs = 0;
  return turns(() => {
    const waiting = untilUs !== 0 && target.seenUs[target.sent - 1] === 0;
    if (waiting) return nowUs() > untilUs;
    if (target.sent === last) return true;
    untilUs = nowUs() + lostMs * 1000;
    target.send(0);
    return false;
  });
}

function openLoop(target: Target, block: number, rate: number): Promise<void> {
  const startUs = nowUs() + 1000;
  const first = target.sent;
  const seenAll = target.seen + block;
  const periodUs = 1e6 / rate;
  const untilUs = startUs + block * periodUs + LOST_MS * 1000;
  return turns(() => {
    while (target.sent - first < block && startUs + (target.sent - first) * periodUs <= nowUs()) {
      target.send(startUs + (target.sent - first) * periodUs);
    }
    return target.seen >= seenAll || nowUs() > untilUs;
  });
}

/** Calls `turn` once per turn of the event loop until it is done. */
function turns(turn: () => boolean): Promise<void> {
  return new Promise((done) => {
    const next = () => {
      if (turn()) done();
      else setImmediate(next);
    };
    next();
  });
}

function textField(text: string, name: string): string {
  const at = text.indexOf(name);
  return at < 0 ? "" : text.slice(at + name.length, text.indexOf('"', at + name.length));
}

function fail(reason: string): never {
  console.log(`error ${reason}`);
  process.exit(1);
}
