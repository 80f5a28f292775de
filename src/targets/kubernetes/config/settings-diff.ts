import type { Masker } from '../../../domain/masking/mask-value.ts';
import type { ConfigCopy } from '../../../domain/versions/pins.ts';
import { compareSettings, differenceLines, type ReadFile, readFile } from '../../../settings/index.ts';
import type { RawObject } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { type ConfigReference, configName, configReferencesOf } from '../template/config-references.ts';
import type { ConfigObject } from './content.ts';
import { readReferences } from './proved-config.ts';

/** What kustomize and others put at the end of a name that changes with the content. */
const CONTENT_SUFFIX = /-[a-z0-9]{5,10}$/;

/**
 * The settings that change with a rollback, a line each: of the ConfigMaps that the two templates refer to, where they are not
 * the same objects. What is secret in them is masked, and of Secrets nothing is read. Costs nothing where both refer to the same.
 * @param live the template that runs.
 * @param target the template that will be written, its references pointing to copies where it has some.
 */
export async function settingsDifference(
  transport: ApiTransport,
  namespace: string,
  {
    live,
    target,
    copies,
  }: { readonly live: RawObject; readonly target: RawObject; readonly copies: readonly ConfigCopy[] },
  masker: Masker,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [before, after] = [live, target].map((template) => configReferencesOf(template));
  const isAlone = (one: ConfigReference, others: readonly ConfigReference[] = []) =>
    !others.some((other) => configName(other) === configName(one));
  const gone = (before ?? []).filter((one) => isAlone(one, after));
  const come = (after ?? []).filter((one) => isAlone(one, before));
  if (gone.length === 0 && come.length === 0) return [];
  const ofConfigMaps = (all: readonly ConfigReference[]) => all.filter(({ kind }) => kind === 'configmap');
  const { objects } = await readReferences(
    transport,
    namespace,
    ofConfigMaps([...gone, ...come]),
    false,
    signal,
  );
  // A copy stands for what it is a copy of, and a name that changes with its content for the one before.
  const original = (name: string) =>
    copies.find((copy) => copy.name === name)?.reference.replace(/^[a-z]+\//, '') ?? name;
  const stem = (name: string) => name.replace(CONTENT_SUFFIX, '');
  const shown = (name: string) => {
    const own = original(name);
    const pairs = [...gone, ...come].map((one) => original(one.name));
    const isPaired = pairs.some((other) => other !== own && stem(other) === stem(own));
    return isPaired ? stem(own) : own;
  };
  const filesOf = (all: readonly ConfigReference[]) =>
    ofConfigMaps(all).flatMap((one) => {
      const object = objects.get(configName(one));
      return object ? filesIn(`configmap/${shown(one.name)}`, object) : [];
    });
  const secrets = come.filter(({ kind }) => kind === 'secret').map(({ name }) => `secret/${original(name)}`);
  return [
    ...differenceLines(compareSettings(filesOf(gone), filesOf(come), masker)),
    ...secrets.map((name) => `${name}: another content (masked)`),
  ];
}

function filesIn(object: string, { data = {}, binaryData = {} }: ConfigObject): readonly ReadFile[] {
  return [
    ...Object.entries(data).map(([key, content]) => readFile({ object, key, content, secret: false })),
    ...Object.entries(binaryData).map(([key, content]) =>
      readFile({ object, key, content: Buffer.from(content, 'base64'), secret: false }),
    ),
  ];
}
