import type { KnownConfig } from '../../../domain/proof/known-config.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { withoutCopy } from '../../evidence/config-words.ts';
import type { RawObject, Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { type ConfigObject, hasherOf } from '../config/content.ts';
import { type CopiesKnown, configSlots, keepConfig } from '../config/kept-config.ts';
import { type ConfigNow, failedConfig, provedConfig, readConfig } from '../config/proved-config.ts';
import { configName, configReferencesOf } from '../template/config-references.ts';
import { markOf } from '../workload/change-mark.ts';
import { firstStart, listPods } from '../workload/pods.ts';
import { sortPods } from '../workload/rollout-pods.ts';
import type { Revision, WorkloadPlace } from '../workload/workload.ts';
import type { Evidence } from './evidence.ts';
import { readKeptTemplates } from './kept-templates.ts';

/** Copies that this worker has seen to hold what they say, by kind, owner and hash, and when (milliseconds since 1970). */
export type KnownCopies = Map<string, { readonly name: string; readonly uid: string; readonly at: number }>;

/** So long a copy that a record refers to is taken to be there without another look: nothing but a person takes it away. */
const BELIEVED_MS = 3_600_000;
/** Of so many contents that is remembered. */
const MOST_REMEMBERED = 100;

/** What the recording of config needs to know beside the live state. */
export interface ConfigEvidenceParts {
  readonly transport: ApiTransport;
  readonly place: WorkloadPlace;
  /** Lists the history anew. */
  readonly revisions: () => Promise<readonly Revision[]>;
  /** The revision that holds the live template. */
  readonly holder: () => Promise<Revision | undefined>;
  /** What is recorded, as far as this worker has read it. */
  readonly records: readonly KnownGoodRecord[];
  /** Reads the records anew: what nothing refers to may be made anew. */
  readonly recordsNow: () => Promise<readonly KnownGoodRecord[]>;
  /** What this worker remembers; filled in here. */
  readonly copies: KnownCopies;
  /** The key of the evidence, with which the content of Secrets is hashed. */
  readonly key: string | undefined;
  /** Whether the content of Secrets is kept too, in Secrets. */
  readonly keepsSecrets: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is recorded of config, and of what is not the reason, a line each. */
export interface ConfigEvidence {
  readonly config: readonly KnownConfig[];
  readonly warnings: readonly string[];
}

/**
 * The config that the live pods were proved with, or failed with, each ConfigMap with the copy that keeps its content. Reads each object once, and
 * the pods where something was changed since their template is there; a template without config costs nothing.
 * Writes: an immutable ConfigMap for each content that has no copy yet. Where that is refused the hash is recorded all the same.
 * Safe to repeat: a copy of the same content is found again.
 */
export async function configEvidence(
  parts: ConfigEvidenceParts,
  live: Workload,
  verdict: KnownGoodRecord['verdict'],
  signal: AbortSignal,
): Promise<ConfigEvidence> {
  const { transport, place, key } = parts;
  const { template } = live.spec;
  if (configReferencesOf(template).length === 0) return { config: [], warnings: [] };
  const now = await readConfig(transport, place.namespace, template, key !== undefined, signal);
  const startedAt = await startOf(parts, live, now, signal);
  if (verdict !== 'passed') return { config: failedConfig(now, key, startedAt), warnings: [] };
  const { config, warnings } = provedConfig(now, key, startedAt);
  const copies = await keepCopies(parts, live, config, now.objects, signal);
  return { config: copies.config, warnings: [...warnings, ...copies.warnings] };
}

/**
 * When the pods began, in milliseconds since 1970: not before their template was there. Only where config was changed since then
 * they are asked, and of those that the selector has too (a canary's) none counts.
 */
async function startOf(
  { transport, place, holder }: ConfigEvidenceParts,
  live: Workload,
  now: ConfigNow,
  signal: AbortSignal,
): Promise<number | undefined> {
  const revision = await holder();
  const since = Date.parse(revision?.createdAt ?? '');
  if (!Number.isNaN(since) && provedConfig(now, undefined, since).config.length === now.objects.size)
    return since;
  const pods = await listPods(transport, live, signal);
  return firstStart(revision ? sortPods(place.kind, pods, revision).made : pods);
}

async function keepCopies(
  parts: ConfigEvidenceParts,
  { metadata, spec }: Workload,
  config: readonly KnownConfig[],
  objects: ReadonlyMap<string, ConfigObject>,
  signal: AbortSignal,
): Promise<ConfigEvidence> {
  const { transport, place, records, now } = parts;
  const own = new Set([...configSlots(place), ...configSlots(place, 'secret')]);
  const known = copiesIn(records);
  const overwritten = markOf({ metadata })?.overwrote ?? [];
  const made = new Set<string>();
  let read: Promise<CopiesKnown> | undefined;
  const all = async () => {
    read ??= copiesKnown(parts, metadata.uid, spec.template, signal);
    const { byHash, inUse } = await read;
    return { byHash, inUse: new Set([...inUse, ...made]) };
  };
  const warnings: string[] = [];
  const kept: KnownConfig[] = [];
  // One after the other: two contents must not take the same place.
  for (const one of config) {
    const object = objects.get(configName(one));
    if ((one.kind === 'secret' && !parts.keepsSecrets) || !object) {
      kept.push(one);
      continue;
    }
    if (own.has(one.name)) {
      // It runs with a copy already.
      kept.push({ ...one, copy: { name: one.name, uid: one.uid } });
      continue;
    }
    const remembered = `${one.kind}/${metadata.uid}/${one.hash}`;
    const before = parts.copies.get(remembered);
    if (before && now - before.at < BELIEVED_MS && known.get(one.hash ?? '') === before.name) {
      kept.push({ ...one, copy: { name: before.name, uid: before.uid } });
      continue;
    }
    const copy = await keepConfig(
      transport,
      place,
      metadata,
      { of: one.kind, object, hashOf: hasherOf(one.kind, parts.key) },
      { known, all, overwritten, now },
      signal,
    );
    if ('problem' in copy) {
      warnings.push(withoutCopy(configName(one), copy.problem));
      kept.push(one);
    } else {
      made.add(copy.name);
      if (parts.copies.size >= MOST_REMEMBERED) parts.copies.clear();
      parts.copies.set(remembered, { name: copy.name, uid: copy.uid, at: now });
      kept.push({ ...one, copy: { name: copy.name, uid: copy.uid } });
    }
  }
  return { config: kept, warnings };
}

/** Copies by the hash of what they hold, as the records tell. */
export function copiesIn(records: readonly KnownGoodRecord[]): ReadonlyMap<string, string> {
  return new Map(
    records
      .flatMap((record) => record.config ?? [])
      .flatMap(({ hash, copy }) => (hash && copy ? [[hash, copy.name] as const] : [])),
  );
}

/** A copy that a record refers to. */
export interface RecordedCopy {
  readonly kind: KnownConfig['kind'];
  readonly name: string;
  readonly hash: string;
}

/** What the proofs referred to before and do not any more: a record has made room for another one. Pure. */
export function copiesGone(
  before: Pick<Evidence, 'records'>,
  now: Pick<Evidence, 'records'>,
): readonly RecordedCopy[] {
  const copies = ({ records }: Pick<Evidence, 'records'>) =>
    [...records.values()]
      .flatMap(({ config = [] }) => config)
      .flatMap(({ kind, hash, copy }) => (hash && copy ? [{ kind, name: copy.name, hash }] : []));
  const left = copies(now);
  const gone = copies(before).filter(
    (one) => !left.some(({ kind, name }) => kind === one.kind && name === one.name),
  );
  return [...new Map(gone.map((copy) => [`${copy.kind}/${copy.name}`, copy])).values()];
}

/** Everything that may refer to a copy: templates, live, of the history and kept, and the records, all read anew. */
export async function copiesKnown(
  {
    transport,
    place,
    revisions,
    recordsNow,
  }: Pick<ConfigEvidenceParts, 'transport' | 'place' | 'revisions' | 'recordsNow'>,
  uid: string,
  live: RawObject,
  signal: AbortSignal,
): Promise<CopiesKnown> {
  const [templates, history, records] = await Promise.all([
    readKeptTemplates(transport, place, { uid }, signal),
    revisions(),
    recordsNow(),
  ]);
  const all = [
    live,
    ...history.map(({ template }) => template),
    ...templates.map(({ template }) => template),
  ];
  const inUse = new Set([
    ...all.flatMap((template) => configReferencesOf(template).map(({ name }) => name)),
    ...records.flatMap((record) => record.config ?? []).flatMap(({ copy }) => copy?.name ?? []),
  ]);
  return { byHash: copiesIn(records), inUse };
}
