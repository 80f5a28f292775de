import type { KnownConfig } from '../../../domain/proof/known-config.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { withoutCopy } from '../../evidence/config-words.ts';
import type { RawObject, Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { type ConfigObject, hasherOf } from '../config/content.ts';
import { configSlots, keepConfig } from '../config/kept-config.ts';
import { failedConfig, provedConfig, readConfig } from '../config/proved-config.ts';
import { configName, configReferencesOf } from '../template/config-references.ts';
import { firstStart, listPods } from '../workload/pods.ts';
import type { Revision, WorkloadPlace } from '../workload/workload.ts';
import { readKeptTemplates } from './kept-templates.ts';

/** What the recording of config needs to know beside the live state. */
export interface ConfigEvidenceParts {
  readonly transport: ApiTransport;
  readonly place: WorkloadPlace;
  /** Lists the history anew. */
  readonly revisions: () => Promise<readonly Revision[]>;
  /** What is recorded, as far as this worker has read it. */
  readonly records: readonly KnownGoodRecord[];
  /** Reads the records anew: what nothing refers to may be made anew. */
  readonly recordsNow: () => Promise<readonly KnownGoodRecord[]>;
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
 * the pods; a template without config costs nothing.
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
  const [now, pods] = await Promise.all([
    readConfig(transport, place.namespace, template, key !== undefined, signal),
    listPods(transport, live, signal),
  ]);
  const startedAt = firstStart(pods);
  if (verdict !== 'passed') return { config: failedConfig(now, key, startedAt), warnings: [] };
  const { config, warnings } = provedConfig(now, key, startedAt);
  const copies = await keepCopies(parts, live, config, now.objects, signal);
  return { config: copies.config, warnings: [...warnings, ...copies.warnings] };
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
  const known = new Map(
    records
      .flatMap((record) => record.config ?? [])
      .flatMap(({ hash, copy }) => (hash && copy ? [[hash, copy.name] as const] : [])),
  );
  let inUse: Set<string> | undefined;
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
    inUse ??= await namesInUse(parts, metadata.uid, spec.template, signal);
    const copy = await keepConfig(
      transport,
      place,
      metadata,
      { of: one.kind, object, hashOf: hasherOf(one.kind, parts.key) },
      { inUse, known, now },
      signal,
    );
    if ('problem' in copy) {
      warnings.push(withoutCopy(configName(one), copy.problem));
      kept.push(one);
    } else {
      inUse.add(copy.name);
      kept.push({ ...one, copy: { name: copy.name, uid: copy.uid } });
    }
  }
  return { config: kept, warnings };
}

/** Names of copies that a template or a record refers to. */
async function namesInUse(
  { transport, place, revisions, recordsNow }: ConfigEvidenceParts,
  uid: string,
  live: RawObject,
  signal: AbortSignal,
): Promise<Set<string>> {
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
  return new Set([
    ...all.flatMap((template) => configReferencesOf(template).map(({ name }) => name)),
    ...records.flatMap((record) => record.config ?? []).flatMap(({ copy }) => copy?.name ?? []),
  ]);
}
