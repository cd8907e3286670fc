/**
 * The rules of DESIGN "Layout" and "Determinism", held against every source file: who may import whom, which file owns which
 * vendor, what the pure core may not touch, and what no file may contain.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * What each part may import at run time. A type-only import is free where `types` names the part: it leaves no trace in the
 * program, and says that one side knows the other's form and not that it needs it to run.
 */
interface Rule {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

const PARTS: Readonly<Record<string, Rule>> = {
  domain: { values: [] },
  core: { values: ["domain"] },
  time: { values: ["domain"] },
  memory: { values: ["domain"] },
  // Kernels fulfil the form that core asks for.
  wasm: { values: ["domain"], types: ["core"] },
  wire: { values: ["domain"] },
  venues: { values: ["domain", "time", "wasm"] },
  gateway: { values: ["domain", "time", "wasm"] },
  config: { values: ["domain"] },
  // A library of its own: usable with one import and without an engine.
  stats: { values: ["domain", "wasm/binary.ts"] },
  // A study reads the library's streams block by block, where their public face takes a whole sample or one tick. A run is a
  // host of the live core, as the lane is, over simulated venues, and of its analyses.
  backtest: {
    values: [
      "analyses",
      "stats",
      "market-data",
      "domain",
      "core",
      "time",
      "gateway",
      "wire",
      "journal",
      "memory",
      "lane",
      "sim",
    ],
    types: ["venues"],
  },
  // Long samples of the past, by the statistics library, for the core that goes by them.
  analyses: {
    values: [
      "core",
      "stats",
      "journal",
      "memory",
      "market-data",
      "backtest/analysis-pool.ts",
      "backtest/interval-count.ts",
    ],
    types: ["domain"],
  },
  // Files of market data are read as the pairs study reads its bars.
  "market-data": {
    values: [
      "backtest/bar-columns.ts",
      "backtest/bars-error.ts",
      "backtest/interval-count.ts",
      "backtest/output-file.ts",
      "backtest/row-cells.ts",
      // Where a paper exchange stands in for a real one, for candles as for orders.
      "venues/ccxt/environment.ts",
    ],
  },
  // Records hold what enters and leaves core, as the bytes that the rings hold too.
  journal: { values: ["domain", "core", "memory"] },
  // A lane owns its decision log and its order sockets (DESIGN, "Who owns what"), so it alone of the shells joins others.
  lane: { values: ["domain", "core", "time", "memory", "wasm", "journal", "venues"] },
  // The generator is the simulation's; nothing else of it.
  paper: { values: ["domain", "time", "sim/prng.ts"] },
  // The matching engine is the paper exchange's: one set of rules for both. The simulator joins what engine.ts joins, with a
  // simulated machine around it.
  sim: {
    values: [
      "domain",
      "core",
      "time",
      "memory",
      "wasm",
      "journal",
      "lane",
      "gateway",
      "intake",
      "snapshots",
      "paper/matching.ts",
    ],
    types: ["venues"],
  },
  // What is looked at before live trading: the live core and the venues' own clients, as the lane makes them.
  preflight: {
    values: ["domain", "core", "config", "journal", "lane", "memory", "wasm", "wire", "wiring"],
    types: ["time", "venues"],
  },
  // uWebSockets.js has one wrapper (DESIGN), and the operator's door stands on it too.
  observe: { values: ["domain", "core", "time", "memory", "gateway"], types: ["config"] },
  // Main's half of the journal.
  intake: { values: ["gateway", "journal", "memory"], types: ["core", "domain", "lane", "time"] },
  snapshots: { values: ["core", "gateway", "intake", "journal", "lane", "memory", "wasm"] },
  // The two halves of a port that changes hands, and what lies between them.
  handover: {
    values: ["config", "gateway", "intake", "journal", "lane", "memory", "time", "wire", "wiring"],
    types: ["domain"],
  },
  "dead-letters": { values: ["domain", "gateway", "journal"], types: ["intake", "time"] },
  wiring: {
    values: ["analyses", "config", "core", "domain", "gateway", "wire"],
    types: ["backtest", "dead-letters", "journal", "lane", "venues"],
  },
  "engine.ts": {
    values: [
      "analyses",
      "config",
      "dead-letters",
      "gateway",
      "handover",
      "intake",
      "journal",
      "lane",
      "memory",
      "observe",
      "snapshots",
      "time",
      "wasm",
      "wire",
      "wiring",
    ],
    types: ["core"],
  },
  cli: {
    values: [
      "domain",
      "config",
      "dead-letters",
      "engine.ts",
      "handover",
      "journal",
      "wire",
      "paper",
      "sim/prng.ts",
      "backtest",
      "market-data",
      "preflight",
      "time",
      // Runs are made from the same configuration as the engine.
      "wiring",
      "analyses",
      "lane",
      "memory",
      "wasm",
    ],
    types: ["observe", "core"],
  },
  "main.ts": { values: ["cli"] },
};

/**
 * Inside a part: what each of its folders may import of the others, "" being the files beside the folders. Venues know the port
 * and the wire, never each other; a dialect knows the exchange, never another venue's dialect.
 */
const FOLDERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "venues/": {
    "": [],
    wire: [""],
    // What the clients of our own have in common.
    native: ["", "wire"],
    "binance-usdm": ["", "wire", "native"],
    "bybit-linear": ["", "wire", "native"],
    "okx-swap": ["", "wire", "native"],
    // What a venue's codes mean does not depend on who asks.
    ccxt: ["", "binance-usdm/codes.ts", "bybit-linear/codes.ts", "okx-swap/codes.ts"],
  },
  "paper/dialects/": {
    // The list of dialects beside the form of one.
    "": ["binance", "bybit", "okx"],
    binance: [""],
    bybit: [""],
    okx: [""],
  },
};

/** Files and folders of src/ that may import a vendor. */
const VENDORS: Readonly<Record<string, readonly string[]>> = {
  "uWebSockets.js": ["gateway/uws.ts"],
  // One pool for lanes, one for analysis (DESIGN, "Why so").
  piscina: ["lane/pool-host.ts", "backtest/analysis-pool.ts"],
  flatbuffers: ["wire/encode.ts", "wire/generated/"],
  // One socket towards venues, one server that plays them, and the feeds that the CLI sends.
  ws: ["venues/wire/link.ts", "paper/", "cli/send-feed.ts", "cli/sample-senders.ts"],
  ccxt: ["venues/ccxt/worker.ts", "market-data/ccxt-candles.ts"],
  valibot: ["config/"],
  "@valibot/to-json-schema": ["config/json-schema.ts"],
  yaml: ["config/document.ts", "cli/config.ts"],
  commander: ["cli/", "main.ts"],
  pino: ["cli/run.ts"],
};

interface Source {
  /** From src/, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Without comments. Strings stay: imports are strings. */
  readonly code: string;
}

interface Import {
  readonly from: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const SOURCES: readonly Source[] = filesUnder("src", /\.ts$/).map((file) => {
  const text = readFileSync(join(ROOT, file), "utf8");
  return { path: relative("src", file), text, code: withoutComments(text) };
});
const OWN = SOURCES.filter(({ path }) => !path.startsWith("wire/generated/"));
const IMPORTS: readonly Import[] = SOURCES.flatMap(importsOf);

const partOf = (path: string): string => path.split("/")[0]!;

describe("imports point one way", () => {
  test("the scan sees the program", () => {
    expect(SOURCES.length).toBeGreaterThan(100);
    expect(IMPORTS.length).toBeGreaterThan(300);
    expect(IMPORTS).toContainEqual({ from: "core/step.ts", target: "core/ledger.ts", typeOnly: false });
    expect(IMPORTS).toContainEqual({ from: "gateway/uws.ts", target: "uWebSockets.js", typeOnly: false });
  });

  test("each part imports only what its rule allows", () => {
    const violations = IMPORTS.filter(({ from, target, typeOnly }) => {
      if (!target.endsWith(".ts")) return false;
      const [part, other] = [partOf(from), partOf(target)];
      const rule = PARTS[part];
      if (rule === undefined) return true;
      const allowed = (list: readonly string[] = []) => list.includes(other) || list.includes(target);
      return part !== other && !allowed(rule.values) && !(typeOnly && allowed(rule.types));
    });
    expect(violations.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  test("no rule allows what nobody needs", () => {
    const used = (part: string, allowed: string) =>
      IMPORTS.some(({ from, target }) => partOf(from) === part && (partOf(target) === allowed || target === allowed));
    const unused = Object.entries(PARTS).flatMap(([part, { values, types = [] }]) =>
      [...values, ...types].filter((allowed) => !used(part, allowed)).map((allowed) => `${part} → ${allowed}`),
    );
    expect(unused).toEqual([]);
  });

  test.each(Object.keys(FOLDERS))(
    "the folders of %s import only what their rule allows, and no rule allows more",
    (part) => {
      const rules = FOLDERS[part]!;
      const folderOf = (path: string) => (path.includes("/") ? partOf(path) : "");
      const crossings = IMPORTS.filter(({ from, target }) => from.startsWith(part) && target.startsWith(part))
        .map(({ from, target }) => ({ from: from.slice(part.length), target: target.slice(part.length) }))
        .filter(({ from, target }) => folderOf(from) !== folderOf(target));
      const allows = (allowed: string, target: string) => allowed === folderOf(target) || allowed === target;
      const strays = crossings.filter(({ from, target }) => !rules[folderOf(from)]?.some((one) => allows(one, target)));
      expect(strays.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
      const unused = Object.entries(rules).flatMap(([folder, allowed]) =>
        allowed.filter(
          (one) => !crossings.some(({ from, target }) => folderOf(from) === folder && allows(one, target)),
        ),
      );
      expect(unused).toEqual([]);
    },
  );

  test("no file imports itself by way of others", () => {
    const next = new Map<string, string[]>();
    for (const { from, target, typeOnly } of IMPORTS) {
      if (!typeOnly && target.endsWith(".ts")) next.set(from, [...(next.get(from) ?? []), target]);
    }
    const done = new Set<string>();
    const cycleFrom = (path: string, above: readonly string[]): string | null => {
      if (above.includes(path)) return [...above.slice(above.indexOf(path)), path].join(" → ");
      if (done.has(path)) return null;
      for (const target of next.get(path) ?? []) {
        const cycle = cycleFrom(target, [...above, path]);
        if (cycle !== null) return cycle;
      }
      done.add(path);
      return null;
    };
    expect(SOURCES.map(({ path }) => cycleFrom(path, [])).filter((cycle) => cycle !== null)).toEqual([]);
  });

  test("a vendor has the file that owns it, and every vendor has a rule", () => {
    const strays = IMPORTS.filter(({ from, target }) => {
      if (target.endsWith(".ts") || target.startsWith("node:")) return false;
      return !VENDORS[target]?.some((owner) => from === owner || (owner.endsWith("/") && from.startsWith(owner)));
    });
    expect(strays.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  test("only the decoder and the encoder know the generated code", () => {
    const users = IMPORTS.filter(({ from, target }) => target.includes("/generated/") && !from.includes("/generated/"));
    expect([...new Set(users.map(({ from }) => from))].sort()).toEqual(["wire/encode.ts"]);
  });
});

describe("core and domain are pure", () => {
  const pure = SOURCES.filter(({ path }) => path.startsWith("core/") || path.startsWith("domain/"));
  const bans: readonly (readonly [string, RegExp])[] = [
    ["Node's modules", /"node:/],
    ["clocks", /\bDate\b|\bperformance\b|hrtime|\bTemporal\b/],
    ["randomness", /Math\.random|\bcrypto\b/],
    ["the process and its streams", /\bprocess\b|\bconsole\b|globalThis/],
    ["timers", /\bset(?:Timeout|Interval|Immediate)\b|queueMicrotask/],
    ["asynchrony", /\basync\b|\bawait\b|\bPromise\b/],
    ["shared memory", /\bAtomics\b|SharedArrayBuffer|WebAssembly/],
    // V8 and WASM differ in the last bit of these; `sqrt` and the four operations are exact everywhere.
    ["transcendentals", /Math\.(?:a?(?:sin|cos|tan)h?|atan2|exp|expm1|log|log10|log1p|log2|pow|cbrt|hypot)\b/],
    ["the order of locales", /\bIntl\b|toLocale|localeCompare/],
  ];
  test.each(bans)("without %s", (_, ban) => {
    expect(pure.length).toBeGreaterThan(15);
    expect(pure.filter(({ code }) => ban.test(code)).map(({ path }) => path)).toEqual([]);
  });

  test("powers only of constants, which every engine rounds alike", () => {
    const powers = pure.flatMap(({ path, code }) =>
      [...code.matchAll(/\S+ \*\* \S+/g)].map(([power]) => `${path}: ${power}`),
    );
    expect(powers.filter((power) => !/: \(?[\d_]+ \*\* /.test(power))).toEqual([]);
  });
});

describe("every source file", () => {
  const none = (files: readonly Source[], ban: RegExp, of: "text" | "code") =>
    expect(files.flatMap((file) => file[of].match(ban)?.map((found) => `${file.path}: ${found.trim()}`) ?? [])).toEqual(
      [],
    );

  test("says first what it promises", () => {
    expect(OWN.filter(({ text }) => !/^(?:#![^\n]*\n)?(?:\/\*\*|\/\/)/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("asks nowhere which mode it runs in", () => {
    none(OWN, /\bis(?:Live|Paper|Test|Testing|Backtest|Simulation|Production|Dev)\b|NODE_ENV|VITEST/g, "code");
  });

  test("keeps no state of its own between calls", () => {
    // The library has no set-up call, so it keeps its kernels per thread once they are needed; they hold no data.
    const own = OWN.filter(({ path }) => path !== "stats/runtime.ts");
    none(own, /^(?:export )?(?:let|var) .*/gm, "code");
  });

  test("carries a name that says what is in it", () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|index)\.ts$/;
    // The entry of the published library, `outrigger/stats`.
    const own = OWN.filter(({ path }) => path !== "stats/index.ts");
    expect(own.filter(({ path }) => vague.test(path)).map(({ path }) => path)).toEqual([]);
    expect(
      OWN.filter(({ path }) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+(?:\.d)?\.ts$/.test(path)).map(({ path }) => path),
    ).toEqual([]);
  });
});

test("nothing is left for later, left out of a run, or bound to one machine", () => {
  // In pieces, so that this file does not find itself.
  const bans = [
    "TO" + "DO",
    "FIX" + "ME",
    "\\bX" + "XX\\b",
    "\\.on" + "ly\\(",
    "debug" + "ger;",
    "/ho" + "me/\\w",
    "/wo" + "rk/",
  ];
  const ban = new RegExp(bans.join("|"));
  const files = ["src", "test", "bench", "scripts", "assembly", "config", "bin"].flatMap((folder) =>
    filesUnder(folder, /\.(?:ts|mjs|cjs|ya?ml|fbs|wat|py)$/),
  );
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => ban.test(readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

function filesUnder(folder: string, name: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

/** Every form in which this program names another module; `new URL` is how threads are started. */
function importsOf({ path, code }: Source): Import[] {
  const forms = [
    /^(?:import|export)\s+(?<type>type\s)?(?:[^;"']*?\sfrom\s+)?"(?<target>[^"]+)"/gm,
    /\bimport\((?<type>)\s*"(?<target>[^"]+)"\s*\)/g,
    /\bimport\.meta\.resolve\((?<type>)"(?<target>[^"]+)"\)/g,
  ];
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map(({ groups }) => {
      const target = groups!["target"]!;
      return {
        from: path,
        target: target.startsWith(".") ? normalize(join(dirname(path), target)) : target,
        typeOnly: Boolean(groups!["type"]),
      };
    }),
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}
