import type { Masker } from '../../../domain/masking/mask-value.ts';
import type { Finding } from '../../../domain/versions/findings.ts';
import type { ConfigCopy } from '../../../domain/versions/pins.ts';
import {
  type CriticalRules,
  criticalFindings,
  type LiveConfig,
  type SourceFile,
  type UnknownFile,
} from '../../../settings/index.ts';
import type { RawObject } from '../api/resources.ts';
import { configName, configReferencesOf } from '../template/config-references.ts';
import { takenKeys } from '../template/mounted-keys.ts';
import { containerIn, objectAt, objectsAt } from '../template/pod-template.ts';
import type { ConfigReads } from './config-reads.ts';
import { environmentOf, type Held } from './container-environment.ts';
import { contentOf, keysOf } from './content.ts';

/** A template that will be live. */
export interface FutureTemplate {
  readonly template: RawObject;
  /** The container that the profile means; rules about variables are about its own. */
  readonly container: string;
  /** Copies that its references point to, which stand for what they are copies of. */
  readonly copies: readonly ConfigCopy[];
}

/**
 * Judges the config that pods of a template will have: what its ConfigMaps and Secrets hold now. Reads each of them once; what may not
 * be read is told as not known. Of a Secret no value is in what it gives.
 */
export async function judgeConfig(
  future: FutureTemplate,
  rules: CriticalRules,
  reads: Pick<ConfigReads, 'held'>,
  masker: Masker,
): Promise<readonly Finding[]> {
  const references = configReferencesOf(future.template);
  const held: Held = new Map(
    await Promise.all(
      references.map(async (reference) => [configName(reference), await reads.held(reference)] as const),
    ),
  );
  return criticalFindings(liveConfigOf(future, held), rules, masker);
}

/** The files and variables that the containers of a template will find. Pure. */
export function liveConfigOf({ template, container, copies }: FutureTemplate, held: Held): LiveConfig {
  const originals = new Map(
    copies.map(({ reference, name }) => [`${reference.split('/')[0]}/${name}`, reference]),
  );
  const files: SourceFile[] = [];
  const unknown: UnknownFile[] = [];
  const name = containerIn(template, container);
  for (const taken of takenKeys(template, name, (one) => keysIn(held, one))) {
    const { kind, key, as, elsewhere } = taken;
    const reference = configName(taken);
    const object = originals.get(reference) ?? reference;
    const found = held.get(reference);
    if (found === undefined || found === 'unread' || key === undefined) {
      unknown.push({ object, ...(key === undefined ? {} : { key }), says: 'the worker may not read it' });
      continue;
    }
    const content = found === 'missing' ? undefined : contentOf(kind, found, key);
    if (content === undefined) continue;
    files.push({
      object,
      key,
      ...(as === undefined || as === key ? {} : { as }),
      ...(elsewhere ? { elsewhere } : {}),
      content,
      secret: kind === 'secret',
    });
  }
  const own = objectsAt(objectAt(template, 'spec'), 'containers').find((one) => one.name === name) ?? {};
  return { files, unknown, environment: environmentOf(own, held) };
}

function keysIn(held: Held, name: Parameters<Held['get']>[0]): readonly string[] | undefined {
  const object = held.get(name);
  if (object === undefined || object === 'unread') return undefined;
  return object === 'missing' ? [] : keysOf(object);
}
