import { expect, it } from "vitest";
import { statusBlock } from "../../src/cli/status-block.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import type { PositionsSnapshot, StatusSnapshot } from "../../src/observe/status.ts";
import { controlPort } from "./control-port.ts";
import { outrigger } from "./support.ts";

const STATUS: StatusSnapshot = {
  state: "active",
  killLevel: 0,
  uptimeS: 12,
  accepted: 3,
  received: { ACCEPTED: 3 },
  unproven: [
    { source: "tv", address: "10.0.0.1", why: "the passphrase is another", count: 3, atMs: 1_763_000_000_000 },
  ],
  verdicts: { hedged: 2, absorbed: 1, deferred: 0, refused: 0 },
  latencies: [{ stage: "ack", count: 2, p50Us: 210.4, p99Us: 400, p999Us: 400, maxUs: 400 }],
  venues: [
    {
      venue: "a",
      ordersLive: true,
      streamLive: true,
      quotesLive: true,
      clockOffsetMs: -3.4,
      clockErrorMs: 0.2,
      orderLinks: [
        { id: 3, role: "active", ready: true },
        { id: 2, role: "standby", ready: true },
      ],
      misfits: [],
      limits: [
        { name: "weight", symbol: null, used: 20, limit: 2400 },
        { name: "orders", symbol: "BTCUSDT", used: 2, limit: 60 },
      ],
    },
    {
      venue: "paper-b",
      ordersLive: false,
      streamLive: true,
      quotesLive: false,
      clockOffsetMs: null,
      clockErrorMs: null,
      orderLinks: [{ id: 0, role: "standby", ready: false }],
      misfits: ["BTCUSDT at paper-b: tickSize is 0.1, the exchange's is 0.5"],
      limits: [],
    },
  ],
  breakers: [
    { breaker: "clock", subject: null, sinceMs: 1_763_000_000_000, why: "the clock was set", value: null, limit: null },
    {
      breaker: "venueDown",
      subject: "a",
      sinceMs: 1_763_000_000_000,
      why: "unreachable",
      value: 31_000,
      limit: 30_000,
    },
  ],
  operatorSettings: ["kill switch 1 of venue a"],
  alarms: [],
  deadLetters: 0,
  rssMb: 80,
};
const POSITIONS: PositionsSnapshot = { state: "active", hedges: [], positions: [] };

it("asks the engine and prints its status, as text or as it was answered", async () => {
  const answers: Readonly<Record<string, object>> = { "GET /status": STATUS, "GET /positions": POSITIONS };
  const { dir } = await controlPort((told) => answers[told] ?? null);
  const json = await outrigger(["status", "--json"], {}, dir);
  expect(JSON.parse(json.out)).toEqual(STATUS);
  const text = await outrigger(["status"], {}, dir);
  expect(text).toMatchObject({ code: 0, out: `${statusBlock(STATUS, POSITIONS).trimEnd()}\n` });
});

it("says of every venue what is down, how far its clock is off and what is used of its limits", () => {
  const lines = statusBlock(STATUS, POSITIONS).split("\n");
  expect(lines).toContain(
    "a                live   clock -3.4 ms ± 0.2   standby 2 ready   weight 20/2400   orders BTCUSDT 2/60",
  );
  expect(lines).toContain("paper-b          down: orders, quotes   clock unknown");
});

it("says what does not fit a venue's rules any more", () => {
  expect(statusBlock(STATUS, POSITIONS).split("\n")).toContain(
    "rules changed: BTCUSDT at paper-b: tickSize is 0.1, the exchange's is 0.5",
  );
});

it("says why requests could not be verified, which their senders are not told", () => {
  expect(statusBlock(STATUS, POSITIONS).split("\n")).toContain(
    "refused unverified: tv from 10.0.0.1, 3 times, last 2025-11-13T02:13:20.000Z: the passphrase is another",
  );
});

it("shows the newest alarm of each code, so that one that repeats itself hides no other", () => {
  const at = (atMs: number, code: string) => ({ atMs: atMs as EpochMs, code, message: `${atMs}` });
  const alarms = [at(1, "UNDER_HEDGED"), at(2, "SEQUENCE_GAP"), at(3, "STOP_LOSS"), at(4, "SEQUENCE_GAP")];
  const lines = statusBlock({ ...STATUS, alarms }, POSITIONS).split("\n");
  expect(lines.filter((line) => line.includes("alarm"))).toEqual([
    "last alarm: SEQUENCE_GAP 4",
    "alarm: STOP_LOSS 3",
    "alarm: UNDER_HEDGED 1",
  ]);
});

it("shows what operators have set", () => {
  expect(statusBlock(STATUS, POSITIONS).split("\n")).toContain("set by an operator: kill switch 1 of venue a");
});

it("shows every open breaker, and how to close it", () => {
  const lines = statusBlock(STATUS, POSITIONS).split("\n");
  const since = "since 2025-11-13T02:13:20.000Z";
  expect(lines).toContain(`breaker open: clock   ${since}   the clock was set   (outrigger operate acknowledge clock)`);
  expect(lines).toContain(
    `breaker open: venueDown a   ${since}   unreachable   (outrigger operate acknowledge venueDown a)`,
  );
});
