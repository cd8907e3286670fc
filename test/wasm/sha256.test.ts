/**
 * SHA-256 and HMAC: published vectors, node:crypto as oracle, the TypeScript twin bit for bit, and that keys do not linger.
 */
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { portableSha256 } from "../../assembly/twin.ts";
import { binaryPath, readBinary } from "../../src/wasm/binary.ts";
import { createHmacSha256, createSha256, instantiateSha256, type Sha256Kernel } from "../../src/wasm/sha256.ts";
import {
  SHA256_HEX_OFFSET,
  SHA256_INNER_OFFSET,
  SHA256_MESSAGE_BYTES_MAX,
  SHA256_MESSAGE_OFFSET,
} from "../../src/wasm/sha256-state.ts";
import { Random } from "./random.ts";

const { KERNELS_FIT, SHA256_FIT, wasmProblems } = (await import(
  new URL("../../scripts/check-wasm.mjs", import.meta.url).href
)) as {
  KERNELS_FIT: object;
  SHA256_FIT: object;
  wasmProblems(bytes: Uint8Array, fit: object): string[];
};

/** A kernel and its memory, driven in bytes. */
class Rig {
  readonly kernel: Sha256Kernel;
  readonly bytes: Buffer;

  constructor(make: (memory: WebAssembly.Memory) => Sha256Kernel) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    this.kernel = make(memory);
    this.bytes = Buffer.from(memory.buffer);
    this.kernel.sha256Setup(0);
  }

  digest(message: Uint8Array): string {
    this.bytes.set(message, SHA256_MESSAGE_OFFSET);
    expect(this.kernel.sha256(0, message.length)).toBe(1);
    return this.#hex();
  }

  setKey(key: Uint8Array): void {
    this.bytes.set(key, SHA256_MESSAGE_OFFSET);
    expect(this.kernel.hmacSha256Key(0, key.length)).toBe(1);
  }

  sign(message: Uint8Array): string {
    this.bytes.set(message, SHA256_MESSAGE_OFFSET);
    expect(this.kernel.hmacSha256(0, message.length)).toBe(1);
    return this.#hex();
  }

  #hex(): string {
    this.kernel.sha256Hex(0);
    return this.bytes.toString("latin1", SHA256_HEX_OFFSET, SHA256_HEX_OFFSET + 64);
  }
}

const module = new WebAssembly.Module(readBinary("sha256"));
const wasmRig = () => new Rig((memory) => instantiateSha256(module, memory));
const twinRig = () => new Rig(portableSha256);
const sha256Of = (message: Uint8Array | string) => createHash("sha256").update(message).digest("hex");
const hmacOf = (key: Uint8Array, message: Uint8Array | string) =>
  createHmac("sha256", key).update(message).digest("hex");

function randomBytes(random: Random, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = random.whole(0, 255);
  return bytes;
}

describe.each([
  ["wasm", wasmRig],
  ["TypeScript", twinRig],
])("published vectors, %s", (_, makeRig) => {
  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"],
    ["11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"],
    ["b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"],
    [
      Buffer.from("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").toString("hex"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      Buffer.from(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      ).toString("hex"),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
  ])("SHA-256 of %s (FIPS 180-4, CAVS short messages)", (message, digest) => {
    expect(makeRig().digest(Buffer.from(message, "hex"))).toBe(digest);
  });

  test("the CAVS Monte Carlo chain, its first checkpoint", () => {
    const rig = makeRig();
    const seed = Buffer.from("6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691", "hex");
    let [first, second, third] = [seed, seed, seed];
    for (let step = 0; step < 1000; step += 1) {
      const next = Buffer.from(rig.digest(Buffer.concat([first, second, third])), "hex");
      [first, second, third] = [second, third, next];
    }
    expect(third.toString("hex")).toBe("e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788");
  });

  // RFC 4231, cases 1 to 4; keys longer than a block are createHmacSha256's business.
  test.each([
    ["0b".repeat(20), "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      "4a656665",
      "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [
      "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cd".repeat(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
  ])("HMAC under %s (RFC 4231)", (key, message, signature) => {
    const rig = makeRig();
    rig.setKey(Buffer.from(key, "hex"));
    expect(rig.sign(Buffer.from(message, "hex"))).toBe(signature);
  });
});

test("RFC 4231, cases 5 to 7: a truncated signature, and keys longer than a block", () => {
  const truncated = createHmacSha256(Buffer.alloc(20, 0x0c)).signHex("Test With Truncation");
  expect(truncated.slice(0, 32)).toBe("a3b6167473100ee06e0c796c2955552b");
  const { signHex } = createHmacSha256(Buffer.alloc(131, 0xaa));
  expect(signHex("Test Using Larger Than Block-Size Key - Hash Key First")).toBe(
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  );
  expect(
    signHex(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
  ).toBe("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
});

describe("against node:crypto", () => {
  test("20,000 messages of 0 to 2,000 bytes in one memory, each digested and signed", () => {
    const rig = wasmRig();
    const random = new Random(11);
    // Longer and shorter messages follow each other: what an earlier one left behind it must not count.
    const noise = randomBytes(random, 70_000);
    const wrong: string[] = [];
    let key = Buffer.alloc(0);
    rig.setKey(key);
    for (let i = 0; i < 20_000; i += 1) {
      if (i % 1000 === 999) {
        key = randomBytes(random, random.whole(0, 64));
        rig.setKey(key);
      }
      const from = random.whole(0, 60_000);
      const message = noise.subarray(from, from + random.whole(0, 2000));
      if (rig.digest(message) !== sha256Of(message)) wrong.push(`digest of ${message.length} bytes`);
      if (rig.sign(message) !== hmacOf(key, message)) wrong.push(`signature of ${message.length} bytes`);
    }
    expect(wrong).toEqual([]);
  });

  test("every length around the block boundaries, after a message of ones", () => {
    const rig = wasmRig();
    for (let length = 0; length <= 200; length += 1) {
      rig.bytes.fill(0xff, SHA256_MESSAGE_OFFSET);
      const message = Buffer.alloc(length, 0xff);
      expect(rig.digest(message)).toBe(sha256Of(message));
    }
    for (let length = 0; length <= 64; length += 1) {
      rig.bytes.fill(0xff, SHA256_MESSAGE_OFFSET);
      const key = Buffer.alloc(length, 0x5c);
      rig.setKey(key);
      expect(rig.sign(Buffer.from("x"))).toBe(hmacOf(key, "x"));
    }
  });

  test("long messages up to what fits, and a length beyond it is refused with nothing written", () => {
    const rig = wasmRig();
    const random = new Random(12);
    rig.setKey(Buffer.from("key"));
    for (const length of [3_000, 6_400, 50_000, SHA256_MESSAGE_BYTES_MAX - 1, SHA256_MESSAGE_BYTES_MAX]) {
      const message = randomBytes(random, length);
      expect(rig.digest(message)).toBe(sha256Of(message));
      expect(rig.sign(message)).toBe(hmacOf(Buffer.from("key"), message));
    }
    const before = Buffer.from(rig.bytes);
    for (const length of [-1, SHA256_MESSAGE_BYTES_MAX + 1, 2 ** 31 - 1]) {
      expect(rig.kernel.sha256(0, length)).toBe(0);
      expect(rig.kernel.hmacSha256(0, length)).toBe(0);
    }
    expect([rig.kernel.hmacSha256Key(0, -1), rig.kernel.hmacSha256Key(0, 65)]).toEqual([0, 0]);
    expect(rig.bytes.equals(before)).toBe(true);
  });

  test("texts: all characters, all lengths around the hand-over to node:crypto, several objects in turn", () => {
    const digester = createSha256();
    const other = createSha256();
    const key = Buffer.from("a venue's secret");
    const signer = createHmacSha256(key);
    const texts = ["", "a\0b", "é", "naïve €", "日本語", "🙂", "\ud800", "x\udc00y", "ASCII only", "Ł".repeat(90)];
    for (const length of [55, 56, 63, 64, 65, 119, 120, 399, 400, 401, 1999, 2000, 2001, 5000]) {
      texts.push("a".repeat(length), "€".repeat(length), `${"b".repeat(length - 1)}ÿ`);
    }
    for (const text of texts) {
      expect(digester.digestHex(text, 64)).toBe(sha256Of(text));
      expect(digester.digestHex(text, 16)).toBe(sha256Of(text).slice(0, 16));
      expect(signer.signHex(text)).toBe(hmacOf(key, text));
      const words = digester.digestWords(text);
      const another = other.digestHex(`${text}.`, 64);
      expect(Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("")).toBe(sha256Of(text));
      expect(another).toBe(sha256Of(`${text}.`));
    }
    expect(() => digester.digestHex("", 65)).toThrow("65 hex characters");
  });
});

test("signBytes: the text, then the bytes, on both sides of the hand-over", () => {
  const random = new Random(14);
  const key = randomBytes(random, 32);
  const { signBytes, signHex } = createHmacSha256(key);
  for (const length of [0, 1, 63, 300, 1500, 1990, 2000, 65_536]) {
    for (const prefix of ["", "msg_1.1763690000.", "€."]) {
      const body = randomBytes(random, length);
      const expected = createHmac("sha256", key).update(prefix).update(body).digest("hex");
      expect(signBytes(prefix, body).toString("hex")).toBe(expected);
      expect(signHex(`${prefix}${length}`)).toBe(hmacOf(key, `${prefix}${length}`));
    }
  }
});

describe("wasm equals TypeScript", () => {
  test("1,500 messages: every byte of both memories", () => {
    const [wasm, twin] = [wasmRig(), twinRig()];
    const random = new Random(13);
    const different: string[] = [];
    for (let i = 0; i < 1500; i += 1) {
      if (i % 50 === 0) {
        const key = randomBytes(random, random.whole(0, 64));
        wasm.setKey(key);
        twin.setKey(key);
      }
      const message = randomBytes(random, random.whole(0, 700));
      if (wasm.digest(message) !== twin.digest(message)) different.push(`digest ${i}`);
      if (wasm.sign(message) !== twin.sign(message)) different.push(`signature ${i}`);
      if (!wasm.bytes.equals(twin.bytes)) different.push(`memory after ${i}`);
    }
    expect(different).toEqual([]);
  });

  test("the control: a memory that differs in one bit of one midstate signs differently", () => {
    const [wasm, twin] = [wasmRig(), twinRig()];
    for (const rig of [wasm, twin]) rig.setKey(Buffer.from("key"));
    twin.bytes[SHA256_INNER_OFFSET] = (twin.bytes[SHA256_INNER_OFFSET] as number) ^ 1;
    expect(twin.sign(Buffer.from("x"))).not.toBe(wasm.sign(Buffer.from("x")));
  });
});

describe("secrets", () => {
  test("neither the key nor its padded forms stay in memory", () => {
    const rig = wasmRig();
    const key = Buffer.from("canary-canary-canary-canary-0123");
    const forms = [0, 0x36, 0x5c].map((pad) => Buffer.from(key.map((byte) => byte ^ pad)));
    rig.bytes.set(key, SHA256_MESSAGE_OFFSET);
    expect(forms.some((form) => rig.bytes.includes(form))).toBe(true);
    const expectGone = () => {
      for (const form of forms) {
        // The last bytes too: a message or digest written later may cover only the first.
        for (const part of [form.subarray(0, 8), form.subarray(-8)]) {
          expect(rig.bytes.includes(part)).toBe(false);
          // As the algorithm's words, which are turned.
          expect(rig.bytes.includes(Buffer.from(part).swap32())).toBe(false);
        }
      }
    };
    rig.setKey(key);
    expectGone();
    expect(rig.sign(Buffer.from("x"))).toBe(hmacOf(key, "x"));
    expectGone();
  });

  test("a printed key object shows nothing but its function", () => {
    const shown = inspect(createHmacSha256(Buffer.from("canary-key")), { depth: 9, showHidden: true });
    expect(shown).toContain("signHex");
    expect(shown).not.toMatch(/canary|Buffer|Memory|Array|KeyObject/);
  });
});

describe("the module as built", () => {
  test("has one private page, no data and no state of its own", () => {
    expect(wasmProblems(readFileSync(binaryPath("sha256")), SHA256_FIT)).toEqual([]);
  });

  test("and the check would say so: each module is refused in the other's place", () => {
    expect(wasmProblems(readFileSync(binaryPath("sha256")), KERNELS_FIT).join()).toContain("declares memory");
    expect(wasmProblems(readFileSync(binaryPath("kernels")), SHA256_FIT).join()).toContain("declares memory");
  });

  test("is built with the kernels' optimiser flags", () => {
    const options = ["asconfig.json", "asconfig.sha256.json"].map((name) => {
      const config = JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
      const { optimizeLevel, shrinkLevel, runtime } = config.options;
      return { optimizeLevel, shrinkLevel, runtime };
    });
    expect(options[1]).toEqual(options[0]);
  });
});
