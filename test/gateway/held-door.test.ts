import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import { createReceiver, type Receiver, type ReceiverOptions } from "../../src/gateway/receiver.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import type { PortUse } from "../../src/gateway/uws.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { decodeFrame } from "../../src/wire/decode.ts";
import { encodeFrame } from "../../src/wire/encode.ts";
import {
  decodedSignal,
  directory,
  FEED_TOKEN,
  MemoryIntake,
  post,
  RECEIVER_LIMITS,
  raw,
  rawPost,
  rules,
  schemaBody,
  signedHeaders,
  signedHook,
  sleep,
  until,
} from "./support.ts";

const running: Receiver[] = [];
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.close();
});

async function listening(use: PortUse, changes: Partial<ReceiverOptions> = {}) {
  const intake = new MemoryIntake();
  const crashes: unknown[] = [];
  const options = {
    ...RECEIVER_LIMITS,
    hooks: [signedHook()],
    feeds: [{ ...rules(2, "feed"), tokens: [FEED_TOKEN] }],
    ...changes,
  };
  const receiver = createReceiver(options, {
    clock: new SystemClock(),
    directory,
    dedupe: new DedupeTable(1_000),
    sequences: new SequenceMarks(),
    intake,
    decodeFrame,
    onAlarm: () => {},
    onCrash: (error) => crashes.push(error),
  });
  running.push(receiver);
  await receiver.listen(use);
  const send = (id: string) => {
    const body = schemaBody({ signal_id: id });
    return post(`http://127.0.0.1:${receiver.port}/hooks/sample`, body, signedHeaders(body));
  };
  return { receiver, intake, crashes, send };
}

describe("a door that listens and is not open", () => {
  it("judges nothing until it opens, and then all in the order it came", async () => {
    const { receiver, intake, send } = await listening("alone");
    const answers: Promise<unknown>[] = [];
    const ids = Array.from({ length: 20 }, (_, n) => `held-${n}`);
    for (const [n, id] of ids.entries()) {
      answers.push(send(id).then(({ status }) => status));
      await until(() => receiver.connections() > n, `connection ${n}`);
      await sleep(2);
    }
    await sleep(50);
    expect(intake.lsn).toBe(0);
    receiver.open();
    expect(await Promise.all(answers)).toEqual(ids.map(() => 202));
    expect(intake.accepted.map(({ signal }) => signal.signalId)).toEqual(ids);
    expect((await send("after")).status).toBe(202);
  });

  it("holds frames too, with their bytes, and forgets those of a client that left", async () => {
    const { receiver, intake } = await listening("alone");
    const feed = async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${receiver.port}/feed`, {
        headers: { authorization: `Bearer ${FEED_TOKEN}` },
      });
      await new Promise((resolve) => socket.once("open", resolve));
      return socket;
    };
    const stays = await feed();
    const leaves = await feed();
    const acks: string[] = [];
    stays.on("message", (data: Buffer) => acks.push(data.toString()));
    for (let n = 0; n < 10; n += 1) {
      stays.send(encodeFrame(decodedSignal({ signalId: `stays-${n}` })));
      leaves.send(encodeFrame(decodedSignal({ signalId: `leaves-${n}` })));
    }
    await sleep(50);
    leaves.terminate();
    await until(() => receiver.connections() === 1, "it to leave");
    receiver.open();
    await until(() => acks.length === 10, "ten acks");
    expect(acks.every((ack) => ack.includes('"status":202'))).toBe(true);
    const ids = intake.accepted.map(({ signal }) => signal.signalId);
    expect(ids).toEqual(Array.from({ length: 10 }, (_, n) => `stays-${n}`));
    stays.terminate();
  });

  it("holds no more than its backlog, and gives up at the deadline like any other", async () => {
    const { receiver, intake, send } = await listening("alone", { backlogMax: 4, answerTimeoutMs: 400 });
    const statuses = (await Promise.all(Array.from({ length: 8 }, (_, n) => send(`id-${n}`)))).map(
      ({ json }) => json.code,
    );
    expect(statuses.filter((code) => code === "BACKLOG_FULL")).toHaveLength(4);
    expect(statuses.filter((code) => code === "ANSWER_TIMEOUT")).toHaveLength(4);
    // Who was told to come again is not acted on behind their back.
    receiver.open();
    expect(intake.lsn).toBe(0);
    expect((await send("id-0")).status).toBe(202);
  });
});

describe("a port for two", () => {
  const freed = async () => {
    const { receiver } = await listening("alone");
    const { port } = receiver;
    await receiver.close();
    return port;
  };

  it("is shared by a first and a second, and by nobody else", async () => {
    const port = await freed();
    await listening("first", { port });
    await expect(listening("first", { port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(listening("alone", { port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(listening("second", { port })).resolves.toBeDefined();
  });

  it("cannot be joined where somebody wants it alone", async () => {
    const port = await freed();
    await listening("alone", { port });
    await expect(listening("second", { port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(listening("first", { port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });
});

describe("closing with a drain", () => {
  it("serves those who are in, asks them to leave, and lets nobody else in", async () => {
    const { receiver, intake } = await listening("alone");
    receiver.open();
    const idle = connect(receiver.port, "127.0.0.1");
    await until(() => receiver.connections() === 1, "the connection");
    let text = "";
    idle.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    let left = false;
    idle.on("close", () => {
      left = true;
    });
    const closed = receiver.close(2_000);
    await sleep(30);
    const refused = await raw(receiver.port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n", 50);
    expect([refused.text, refused.closed]).toEqual(["", true]);
    const body = schemaBody();
    idle.write(rawPost("/hooks/sample", signedHeaders(body), body));
    await closed;
    await until(() => left, "the connection to end");
    expect(text).toContain("HTTP/1.1 202");
    expect(text.toLowerCase()).toContain("connection: close");
    expect(intake.accepted).toHaveLength(1);
  });
});
