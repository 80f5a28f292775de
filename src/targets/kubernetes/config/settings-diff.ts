import type { Masker } from '../../../domain/masking/mask-value.ts';
import type { ConfigCopy } from '../../../domain/versions/pins.ts';
import { compareSettings, differenceLines, type ReadFile, readFile } from '../../../settings/index.ts';
import type { RawObject } from '../api/resources.ts';
import {
  type ConfigKind,
  type ConfigReference,
  configName,
  configReferencesOf,
} from '../template/config-references.ts';
import type { ConfigReads } from './config-reads.ts';
import { type ConfigObject, contentOf, keysOf } from './content.ts';

/** What kustomize and others put at the end of a name that changes with the content. */
const CONTENT_SUFFIX = /-[a-z0-9]{5,10}$/;

/**
 * The settings that change with a rollback, a line each: of the ConfigMaps that the two templates refer to, where they are not
 * the same objects. What is secret in them is masked; of a Secret that comes back from a copy it is told which keys differ, and no other
 * is read. Costs nothing where both refer to the same.
 * @param live the template that runs.
 * @param target the template that will be written, its references pointing to copies where it has some.
 */
export async function settingsDifference(
  {
    live,
    target,
    copies,
  }: { readonly live: RawObject; readonly target: RawObject; readonly copies: readonly ConfigCopy[] },
  reads: Pick<ConfigReads, 'held'>,
  masker: Masker,
): Promise<readonly string[]> {
  const [before, after] = [live, target].map((template) => configReferencesOf(template));
  const isAlone = (one: ConfigReference, others: readonly ConfigReference[] = []) =>
    !others.some((other) => configName(other) === configName(one));
  const gone = (before ?? []).filter((one) => isAlone(one, after));
  const come = (after ?? []).filter((one) => isAlone(one, before));
  if (gone.length === 0 && come.length === 0) return [];
  // A copy stands for what it is a copy of, and a name that changes with its content for the one before.
  const original = (name: string) =>
    copies.find((copy) => copy.name === name)?.reference.replace(/^[a-z]+\//, '') ?? name;
  const stem = (name: string) => name.replace(CONTENT_SUFFIX, '');
  const shown = ({ kind, name }: ConfigReference) => {
    const own = original(name);
    const pairs = [...gone, ...come].map((one) => original(one.name));
    const isPaired = pairs.some((other) => other !== own && stem(other) === stem(own));
    return `${kind}/${isPaired ? stem(own) : own}`;
  };
  // The content of a Secret is compared where it was kept: it is read for its hash all the same.
  const isKept = ({ kind, name }: ConfigReference) =>
    kind === 'configmap' || copies.some((copy) => copy.name === name);
  const kept = new Set(come.filter(isKept).map(shown));
  const isCompared = (one: ConfigReference) => one.kind === 'configmap' || kept.has(shown(one));
  const objects = new Map(
    await Promise.all(
      [...gone, ...come]
        .filter(isCompared)
        .map(async (one) => [configName(one), await reads.held(one)] as const),
    ),
  );
  const filesOf = (all: readonly ConfigReference[]) =>
    all.filter(isCompared).flatMap((one) => {
      const object = objects.get(configName(one));
      return typeof object === 'object' ? filesIn(one.kind, shown(one), object) : [];
    });
  const replaced = new Set(gone.map(shown));
  const named = come
    .filter((one) => !isCompared(one))
    .map((one) => `${shown(one)}: ${replaced.has(shown(one)) ? 'another content' : 'added'} (masked)`);
  return [...differenceLines(compareSettings(filesOf(gone), filesOf(come), masker)), ...named];
}

function filesIn(kind: ConfigKind, object: string, held: ConfigObject): readonly ReadFile[] {
  return keysOf(held).flatMap((key) => {
    const content = contentOf(kind, held, key);
    return content === undefined ? [] : [readFile({ object, key, content, secret: kind === 'secret' })];
  });
}
