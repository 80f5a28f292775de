import { shellWord } from '../../../domain/media/shell.ts';
import type { ObjectMeta } from '../api/resources.ts';
import type { ConfigName } from '../template/config-references.ts';
import type { ConfigObject } from './content.ts';

/** Who writes config by itself: what is changed by hand, or brought back elsewhere, it writes anew. */
interface ConfigSource {
  readonly name: string;
  isIt(object: ConfigObject): boolean;
  /** What to do where it has to change for good. */
  readonly remedy: string;
  /** Whether it writes its own content back by itself, and not only with its next release. */
  readonly writesBack: boolean;
}

const ownedBy =
  (...kinds: string[]) =>
  ({ metadata }: ConfigObject) =>
    metadata.ownerReferences?.some(({ kind }) => kind !== undefined && kinds.includes(kind)) === true;
const has =
  (pattern: RegExp) =>
  ({ metadata: { annotations = {}, labels = {} } }: ConfigObject) =>
    [...Object.keys(annotations), ...Object.keys(labels)].some((key) => pattern.test(key));

const SOURCES: readonly ConfigSource[] = [
  {
    name: 'an ExternalSecret (External Secrets Operator)',
    isIt: ownedBy('ExternalSecret', 'ClusterExternalSecret'),
    remedy: 'it is written anew from its store: change it there',
    writesBack: true,
  },
  {
    name: 'a SealedSecret (Sealed Secrets)',
    isIt: ownedBy('SealedSecret'),
    remedy: 'it is written anew from the SealedSecret: change that',
    writesBack: true,
  },
  {
    name: 'Helm',
    isIt: ({ metadata: { annotations = {} } }) => annotations['meta.helm.sh/release-name'] !== undefined,
    remedy: 'the next helm upgrade writes it anew',
    writesBack: false,
  },
  {
    name: 'Argo CD',
    isIt: has(/^argocd\.argoproj\.io\//),
    remedy: 'it is written anew from Git: change it there',
    writesBack: true,
  },
  {
    name: 'Flux',
    isIt: has(/^(kustomize|helm)\.toolkit\.fluxcd\.io\//),
    remedy: 'it is written anew from Git: change it there',
    writesBack: true,
  },
];

/** Who keeps an object in place; empty where nobody is known to. Pure. */
export function keeperOf(object: ConfigObject): string {
  const source = SOURCES.find(({ isIt }) => isIt(object));
  return source ? `is managed by ${source.name}: ${source.remedy}` : '';
}

/** A line for each object that somebody keeps in place. Pure. */
export function keepersOf(objects: ReadonlyMap<ConfigName, ConfigObject>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...objects].flatMap(([name, object]) => {
      const keeper = keeperOf(object);
      return keeper === '' ? [] : [[name, keeper]];
    }),
  );
}

/** Who would write an object anew by itself after somebody has changed it; empty where nobody is known to. Pure. */
export function rewriterOf(object: ConfigObject): string {
  const source = SOURCES.find((one) => one.writesBack && one.isIt(object));
  return source ? `is managed by ${source.name}: ${source.remedy}` : '';
}

/**
 * What `helm rollback` would do with an object of a release: another thing than this, because Helm's own history does not see
 * what is changed beside it. Empty for what is of no release. Pure.
 * @param here what is done instead.
 */
export function ofHelm({ annotations = {} }: Pick<ObjectMeta, 'annotations'>, here: string): string {
  const { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': namespace } = annotations;
  if (!release) return '';
  const where = namespace ? ` -n ${shellWord(namespace)}` : '';
  return `is of the Helm release ${release}: ${here}; helm rollback ${shellWord(release)}${where} would bring every object of the release back to an earlier revision, hooks included, and the next helm upgrade brings the newer chart back`;
}
