/**
 * Everything that can be reached from an object, private fields included, as one comparable value: by the inspector, which is
 * the only one who sees those. Functions count as themselves; an instance that is reached twice is a reference to the first time.
 */
import { type Runtime, Session } from "node:inspector";

export function objectGraph(root: object, skip: (path: string) => boolean): Map<string, string> {
  const session = new Session();
  session.connect();
  try {
    const graph = new Map<string, string>();
    const seen = new WeakMap<object, string>();
    walk(session, root, "", seen, skip, graph);
    return graph;
  } finally {
    session.disconnect();
  }
}

/** Of the protocol; Node's types do not have it. */
interface PrivateField {
  readonly name: string;
  readonly value?: Runtime.RemoteObject;
}

const HOLDER = "__objectGraph";
const scope = globalThis as unknown as Record<string, unknown>;

function walk(
  session: Session,
  value: unknown,
  path: string,
  seen: WeakMap<object, string>,
  skip: (path: string) => boolean,
  graph: Map<string, string>,
): void {
  if (skip(path)) return;
  if (typeof value !== "object" || value === null) {
    graph.set(
      path,
      typeof value === "function" ? "function" : Object.is(value, -0) ? "-0" : `${typeof value} ${String(value)}`,
    );
    return;
  }
  // Plain data is compared by what it says: who shares it does not matter.
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  const before = isPlain ? undefined : seen.get(value);
  if (before !== undefined) {
    graph.set(path, `→ ${before}`);
    return;
  }
  seen.set(value, path);
  if (ArrayBuffer.isView(value)) {
    graph.set(path, Array.from(value as unknown as ArrayLike<number>, String).join());
    return;
  }
  if (value instanceof Map) {
    graph.set(path, `Map ${value.size}`);
    for (const [key, each] of value) walk(session, each, `${path}<${String(key)}>`, seen, skip, graph);
    return;
  }
  if (value instanceof Set) {
    graph.set(path, `Set ${[...value].map(String).sort().join()}`);
    return;
  }
  graph.set(path, value.constructor?.name ?? "null");
  for (const [name, each] of Object.entries(value)) walk(session, each, `${path}.${name}`, seen, skip, graph);
  for (const [name, each] of privateFields(session, value)) walk(session, each, `${path}.${name}`, seen, skip, graph);
}

function privateFields(session: Session, owner: object): [string, unknown][] {
  scope[HOLDER] = { owner, found: undefined };
  let fields: PrivateField[] = [];
  let ownerId = "";
  session.post("Runtime.evaluate", { expression: `${HOLDER}.owner` }, (_error, { result }) => {
    ownerId = result.objectId ?? "";
  });
  session.post("Runtime.getProperties", { objectId: ownerId, ownProperties: true }, (_error, result) => {
    fields = (result as { privateProperties?: PrivateField[] }).privateProperties ?? [];
  });
  return fields.flatMap(({ name, value }): [string, unknown][] => {
    if (value === undefined) return [];
    if (value.objectId === undefined) return [[name, "value" in value ? value.value : value.unserializableValue]];
    const { objectId } = value;
    session.post("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: `function () { globalThis.${HOLDER}.found = this; }`,
    });
    return [[name, (scope[HOLDER] as { found: unknown }).found]];
  });
}
