/** Whose an instrument is: every one that a playbook holds, protects, trades or may choose, and the setting that says so. */
import type { Config } from "./schema.ts";
import { AUTO } from "./schema-shield.ts";

export interface Owned {
  readonly symbol: string;
  readonly owner: string;
}

type Hedged = Pick<Config["shield"][number], "hedge" | "hedgeCandidates">;

export const ownedInstruments = ({ shield, signal, reversion }: Config): Owned[] => [
  ...shield.flatMap((each, i) => [
    { symbol: each.asset, owner: `shield[${i}].asset` },
    ...hedgesOf(each, `shield[${i}]`),
  ]),
  ...Object.entries({ signal, reversion }).flatMap(([name, playbooks]) =>
    playbooks.flatMap((each, i) => [
      { symbol: each.primary, owner: `${name}[${i}].primary` },
      ...hedgesOf(each, `${name}[${i}]`),
    ]),
  ),
];

/** All of the candidates, while it is open which of them it will be. */
const hedgesOf = ({ hedge, hedgeCandidates }: Hedged, playbook: string): Owned[] =>
  hedge === AUTO
    ? hedgeCandidates.map((symbol, i) => ({ symbol, owner: `${playbook}.hedgeCandidates[${i}]` }))
    : [{ symbol: hedge, owner: `${playbook}.hedge` }];
