/**
 * `npm run bench -- attack [--seconds N]`: what good senders wait for while others attack the port.
 *
 * A real `outrigger intake` (the engine's receiver, admission, log and flusher) serves a good sender at a steady rate, first
 * alone, then beside an attacker in a process of its own: slow heads and bodies, floods of unsigned and malformed requests,
 * bodies over the limit, connections that come and go. Open loop: a request's time counts from when it was due.
 *
 * Says p50 and p99 of both phases and their ratio. The bar is p99 under attack below twice the p99 without it, where attacker
 * and receiver do not share a core; on a machine with two the ratio holds the attacker's own use of the processor too.
 */
import { type ChildProcess, fork } from "node:child_process";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pause, startStandbyProcess } from "../test/support/engine-process.ts";
import { schemaBody, WebhookSender } from "../test/support/senders.ts";
import { createWorld, type World } from "../test/support/world.ts";

const GOOD_PER_SEC = 100;
const SLOW_CONNECTIONS = 300;
const FLOOD_PER_SEC = 300;

export async function benchAttack(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: "string", default: "10" } } });
  const seconds = Number(values.seconds);
  if (!(seconds >= 1 && seconds <= 600)) throw new Error("--seconds is 1 to 600");
  const world = await createWorld({ standby: true });
  const standby = await startStandbyProcess(world);
  let attacker: ChildProcess | undefined;
  try {
    await goodSender(world, 2, "warm");
    const alone = await goodSender(world, seconds, "alone");
    attacker = fork(fileURLToPath(import.meta.url), [new URL(world.receiver).port], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    await pause(1_000);
    const attacked = await goodSender(world, seconds, "attacked");
    const ratio = attacked.p99Ms / alone.p99Ms;
    process.stdout.write(`attack: alone    ${shown(alone)}\n`);
    process.stdout.write(`attack: attacked ${shown(attacked)}\n`);
    process.stdout.write(`attack: p99 ${ratio.toFixed(2)} times (bar: 2)\n`);
  } finally {
    attacker?.kill("SIGKILL");
    await standby.end("SIGTERM");
    world.remove();
  }
}

interface Phase {
  readonly sent: number;
  readonly accepted: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const shown = ({ sent, accepted, p50Ms, p99Ms }: Phase): string =>
  `${accepted} of ${sent} accepted, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`;

async function goodSender(world: World, seconds: number, phase: string): Promise<Phase> {
  const sender = new WebhookSender(world, 16);
  const timesMs: number[] = [];
  let accepted = 0;
  const under: Promise<void>[] = [];
  const startMs = performance.now();
  for (let n = 0; n < seconds * GOOD_PER_SEC; n += 1) {
    const dueMs = startMs + (n * 1000) / GOOD_PER_SEC;
    if (dueMs > performance.now()) await pause(dueMs - performance.now());
    const id = `${phase}-${n}`;
    const sent = sender.send(id, schemaBody(id, 0.5)).then(
      ({ status }) => {
        timesMs.push(status === 202 ? performance.now() - dueMs : Number.POSITIVE_INFINITY);
        if (status === 202) accepted += 1;
      },
      // What was not taken has waited for ever: else turning senders away would make the figures better.
      () => void timesMs.push(Number.POSITIVE_INFINITY),
    );
    under.push(sent);
  }
  await Promise.all(under);
  sender.close();
  timesMs.sort((a, b) => a - b);
  const at = (share: number) => timesMs[Math.min(timesMs.length - 1, Math.floor(timesMs.length * share))] ?? Number.NaN;
  return { sent: seconds * GOOD_PER_SEC, accepted, p50Ms: at(0.5), p99Ms: at(0.99) };
}

// The attacker -----------------------------------------------------------------------------------------------------------

/** Bytes for one connection of the flood. */
const FLOOD: readonly string[] = [
  "POST /hooks/hooks HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nwebhook-id: a\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,x\r\ncontent-length: 2\r\n\r\n{}",
  "GET /feed HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  "POST /hooks/hooks HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
  "POST /hooks/hooks HTTP/1.1\r\nhost: x\r\nhost: y\r\ncontent-length: 2\r\n\r\n{}",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no http at all\r\n\r\n",
  "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n".repeat(50),
];

/** Well formed and forged: the receiver has to hash the whole body to know. */
function forgery(): string {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = `v1,${Buffer.alloc(32, 1).toString("base64")}`;
  const signed = `webhook-id: forged\r\nwebhook-timestamp: ${timestamp}\r\nwebhook-signature: ${signature}\r\n`;
  const type = "content-type: application/json\r\n";
  return `POST /hooks/hooks HTTP/1.1\r\nhost: x\r\n${type}${signed}content-length: 16384\r\n\r\n${"x".repeat(16_384)}`;
}

/** From an address of its own: failed authentications lock the address they come from, and good senders have another. */
function hostile(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  socket.on("error", () => {});
  return socket;
}

function attack(port: number): void {
  const slow = (bytes: string) => {
    const socket = hostile(port);
    socket.write(bytes);
    const dribble = setInterval(() => socket.writable && socket.write("a"), 1_000);
    socket.on("close", () => {
      clearInterval(dribble);
      setTimeout(() => slow(bytes), 100);
    });
  };
  for (let n = 0; n < SLOW_CONNECTIONS; n += 1) {
    const head = "POST /hooks/hooks HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\nx-a: ";
    slow(n % 2 === 0 ? head : `${head}\r\n\r\n`);
  }
  let n = 0;
  const flood = [...FLOOD, forgery()];
  setInterval(() => {
    for (let burst = 0; burst < FLOOD_PER_SEC / 100; burst += 1) {
      const socket = hostile(port);
      socket.write(flood[n++ % flood.length] as string, "latin1");
      setTimeout(() => socket.destroy(), 200);
    }
  }, 10);
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) attack(Number(process.argv[2]));
