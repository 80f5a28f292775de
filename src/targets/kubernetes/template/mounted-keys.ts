import type { RawObject } from '../api/resources.ts';
import { type ConfigKind, type ConfigName, configName } from './config-references.ts';
import { objectAt, objectsAt, textAt } from './pod-template.ts';

/** A key of a ConfigMap or Secret that containers take config from. */
export interface TakenKey {
  readonly kind: ConfigKind;
  readonly name: string;
  /** None: the whole object, whose keys are not known. */
  readonly key?: string;
  /** The name of the file that a container finds it as, within its mount; none of a variable. */
  readonly as?: string;
  /** Other containers than the own one take it alone: what they have beside it is not known. */
  readonly elsewhere?: true;
}

/** The keys of an object, as far as they are known. */
export type KeysOf = (name: ConfigName) => readonly string[] | undefined;

/** A key under its path in a volume; without both the whole object. */
interface Entry {
  readonly kind: ConfigKind;
  readonly name: string;
  readonly key?: string;
  readonly path?: string;
}

/**
 * What the containers of a template take config from, init containers included: keys of ConfigMaps and Secrets as variables, and
 * as files where they mount them. Keys that are not there are left out, and volumes that nobody mounts. Pure.
 * @param own the container that the profile means.
 */
export function takenKeys(template: RawObject, own: string | undefined, keysOf: KeysOf): readonly TakenKey[] {
  const spec = objectAt(template, 'spec');
  const volumes = new Map(
    objectsAt(spec, 'volumes').map((volume) => [textAt(volume, 'name'), entriesIn(volume, keysOf)]),
  );
  const running = objectsAt(spec, 'containers');
  const mine = running.filter((container) => textAt(container, 'name') === own);
  const others = [
    ...objectsAt(spec, 'initContainers'),
    ...running.filter((container) => textAt(container, 'name') !== own),
  ];
  const filesOf = (container: RawObject) =>
    objectsAt(container, 'volumeMounts').flatMap((mount) =>
      seenThrough(mount, volumes.get(textAt(mount, 'name')) ?? []),
    );
  const variablesOf = (container: RawObject) => variableKeys(container, keysOf);
  return once([
    ...mine.flatMap(filesOf),
    ...mine.flatMap(variablesOf),
    ...others.flatMap(filesOf).map(elsewhere),
    ...others.flatMap(variablesOf).map(elsewhere),
  ]);
}

function elsewhere(taken: TakenKey): TakenKey {
  return { ...taken, elsewhere: true };
}

/** Each once, as it is taken first; a variable adds nothing to a key that is a file too. */
function once(all: readonly TakenKey[]): readonly TakenKey[] {
  const found = new Map<string, TakenKey>();
  const places = new Set<string>();
  for (const taken of all) {
    const place = placeOf(taken);
    const identity = JSON.stringify([place, taken.as]);
    if (found.has(identity) || (taken.as === undefined && places.has(place))) continue;
    found.set(identity, taken);
    places.add(place);
  }
  return [...found.values()];
}

function placeOf({ kind, name, key }: TakenKey): string {
  return JSON.stringify([kind, name, key]);
}

function entriesIn(volume: RawObject, keysOf: KeysOf): readonly Entry[] {
  const own = [
    ...entriesOf('configmap', objectAt(volume, 'configMap'), 'name', keysOf),
    ...entriesOf('secret', objectAt(volume, 'secret'), 'secretName', keysOf),
  ];
  const projected = objectsAt(objectAt(volume, 'projected'), 'sources').flatMap((source) => [
    ...entriesOf('configmap', objectAt(source, 'configMap'), 'name', keysOf),
    ...entriesOf('secret', objectAt(source, 'secret'), 'name', keysOf),
  ]);
  return [...own, ...projected];
}

function entriesOf(kind: ConfigKind, source: RawObject, nameIn: string, keysOf: KeysOf): readonly Entry[] {
  const name = textAt(source, nameIn);
  if (!name) return [];
  const known = keysOf(configName({ kind, name }));
  if (!Array.isArray(source.items)) {
    return known ? known.map((key) => ({ kind, name, key, path: key })) : [{ kind, name }];
  }
  return objectsAt(source, 'items').flatMap((item) => {
    const [key, path] = [textAt(item, 'key'), textAt(item, 'path')];
    if (key === undefined || (known && !known.includes(key))) return [];
    return [{ kind, name, key, path: path ?? key }];
  });
}

/** What of a volume a mount shows, and under which name. */
function seenThrough(mount: RawObject, entries: readonly Entry[]): readonly TakenKey[] {
  const inner = plainPath(textAt(mount, 'subPath') ?? textAt(mount, 'subPathExpr') ?? '');
  // What a variable makes of a path is not known here: everything may be seen.
  const isWhole = inner === '' || inner.includes('$(');
  return entries.flatMap(({ kind, name, key, path }): readonly TakenKey[] => {
    if (key === undefined || path === undefined) return [{ kind, name }];
    const file = plainPath(path);
    if (isWhole) return [{ kind, name, key, as: file }];
    if (file === inner) return [{ kind, name, key, as: lastPart(textAt(mount, 'mountPath') ?? file) }];
    return file.startsWith(`${inner}/`) ? [{ kind, name, key, as: file.slice(inner.length + 1) }] : [];
  });
}

function plainPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function lastPart(path: string): string {
  return plainPath(path).split('/').at(-1) ?? path;
}

function variableKeys(container: RawObject, keysOf: KeysOf): readonly TakenKey[] {
  const whole = objectsAt(container, 'envFrom').flatMap((source) => [
    ...entriesOf('configmap', objectAt(source, 'configMapRef'), 'name', keysOf),
    ...entriesOf('secret', objectAt(source, 'secretRef'), 'name', keysOf),
  ]);
  const single = objectsAt(container, 'env').flatMap((variable) => {
    const from = objectAt(variable, 'valueFrom');
    return [
      ...keyOf('configmap', objectAt(from, 'configMapKeyRef'), keysOf),
      ...keyOf('secret', objectAt(from, 'secretKeyRef'), keysOf),
    ];
  });
  return [...whole.map(({ path: _path, ...taken }) => taken), ...single];
}

function keyOf(kind: ConfigKind, reference: RawObject, keysOf: KeysOf): readonly TakenKey[] {
  const [name, key] = [textAt(reference, 'name'), textAt(reference, 'key')];
  if (!name || !key) return [];
  const known = keysOf(configName({ kind, name }));
  return known && !known.includes(key) ? [] : [{ kind, name, key }];
}
