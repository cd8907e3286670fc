/** What the README tells senders to do is done, word by word. */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { PASSPHRASE, post, SECRET, startHarness } from "./support.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

async function receiver() {
  const harness = await startHarness();
  onTestFinished(() => harness.receiver.close());
  return harness;
}

/** What the machine has not, it cannot be told to do. */
const hasTools = ["curl", "openssl", "base64", "od"].every((tool) => {
  try {
    return execFileSync("sh", ["-c", `command -v ${tool}`]).length > 0;
  } catch {
    return false;
  }
});

it.skipIf(!hasTools)("the shell lines for a service of one's own send a signal that is accepted", async () => {
  const { url, intake } = await receiver();
  const [, lines = ""] = /### From a service of your own.*?```sh\n(.*?)```/s.exec(README) ?? [];
  const cwd = mkdtempSync(join(tmpdir(), "outrigger-readme-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, ".outrigger/sample/secrets"), { recursive: true });
  writeFileSync(join(cwd, ".outrigger/sample/secrets/sample.webhook"), `${SECRET}\n`);
  const script = lines.replace("http://127.0.0.1:8700", url).replace("BTC-USD", "BTCUSDT.P");
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { cwd });
  expect(stdout).toContain('"code":"ACCEPTED"');
  expect(intake.accepted).toHaveLength(1);
});

it("the message for TradingView is an alert that is accepted", async () => {
  const { url, intake } = await receiver();
  const [, message = ""] = /### From TradingView.*?```\n(.*?)\n```/s.exec(README) ?? [];
  const filled: Readonly<Record<string, string>> = {
    ticker: "BTCUSDT.P",
    "strategy.order.action": "buy",
    "strategy.market_position_size": "0.5",
    "strategy.market_position": "long",
    close: "61800.5",
    timenow: new Date().toISOString().replace(/\.\d+/, ""),
  };
  const body = message.replaceAll(/\{\{([\w.]+)\}\}/g, (_, name: string) => filled[name]!).replace("...", PASSPHRASE);
  const answer = await post(`${url}/hooks/tv-7f3c9a51d2e84b60`, body, { "content-type": "application/json" });
  expect(answer.json).toMatchObject({ code: "ACCEPTED" });
  expect(intake.accepted[0]?.signal).toMatchObject({ kind: "hedge", direction: "long", quantity: 0.5 });
});
