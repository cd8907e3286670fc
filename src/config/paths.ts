/**
 * Paths of a configuration made absolute. `{id}` stands for engine.id and `{dataDir}` for engine.dataDir; anything relative
 * starts at the configuration file.
 */
import { isAbsolute, join, resolve } from "node:path";
import type { Config } from "./schema.ts";

export function withAbsolutePaths(config: Config, baseDir: string): Config {
  const absolute = (path: string) => (isAbsolute(path) ? resolve(path) : resolve(baseDir, path));
  const dataDir = absolute(config.engine.dataDir.replaceAll("{id}", config.engine.id));
  const file = (path: string) => absolute(path.replaceAll("{dataDir}", dataDir).replaceAll("{id}", config.engine.id));
  return {
    ...config,
    engine: { ...config.engine, dataDir },
    sources: config.sources.map((source) => ({ ...source, auth: withFiles(source.auth, file) }) as typeof source),
    venues: config.venues.map((venue) => withFiles(venue, file)),
    journal: {
      ...config.journal,
      retention: {
        ...config.journal.retention,
        ...(config.journal.retention.archiveDir === undefined
          ? {}
          : { archiveDir: file(config.journal.retention.archiveDir) }),
      },
    },
    analyses: {
      ...config.analyses,
      history: config.analyses.history.map((each) =>
        each.file === undefined ? each : { ...each, file: file(each.file) },
      ),
    },
    paper: { ...config.paper, market: { ...config.paper.market, files: config.paper.market.files.map(file) } },
  };
}

/** Where the engine keeps the token of its control API. Written at boot with mode 0600. */
export function controlTokenPath(config: Config): string {
  return join(config.engine.dataDir, "control.token");
}

/** Where candles that were downloaded for analyses are kept. */
export const candlesDirectory = (config: Config): string => join(config.engine.dataDir, "candles");

/** Where what analyses know of the journal is kept. */
export const analysisMemoryPath = (config: Config): string => join(config.engine.dataDir, "analysis-memory.bin");

/** Where the logs are. */
export const journalDirectory = (config: Config): string => join(config.engine.dataDir, "journal");

/** Where `outrigger intake` keeps what is its own. */
export const standbyDirectory = (dataDir: string): string => join(dataDir, "standby");

/** The section with its settings that end in File, one path each or a list of them, as `file` has them. */
function withFiles<Section extends object>(section: Section, file: (path: string) => string): Section {
  const files = Object.entries(section)
    .filter(([setting]) => setting.endsWith("File"))
    .map(([setting, paths]) => [setting, Array.isArray(paths) ? paths.map(file) : file(paths)]);
  return { ...section, ...Object.fromEntries(files) };
}
