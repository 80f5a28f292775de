import { RunbookError } from '../../../domain/errors.ts';
import { isInHistory, type KubernetesPin } from '../../../domain/versions/pins.ts';
import { heldFingerprint } from '../../../domain/versions/versions.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import { assertOwnRepositories } from '../../repositories.ts';
import { isStatus } from '../api/api-error.ts';
import type {
  ConfigMap,
  ControllerRevision,
  PodTemplate,
  RawObject,
  ReplicaSet,
  Resource,
  Workload,
} from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { ConfigReads } from '../config/config-reads.ts';
import { hasherOf } from '../config/content.ts';
import { copyIn, kindOf } from '../config/kept-config.ts';
import { templateIn } from '../state/snapshot.ts';
import { withCopies } from '../template/config-references.ts';
import { fingerprint, withoutHash } from '../template/fingerprint.ts';
import { withDigests } from '../template/image-digests.ts';
import { imageOf, imagesByContainer, templateWithImage, withRestart } from '../template/pod-template.ts';
import { DEPLOYMENT } from '../workload/deployment.ts';
import { STATEFUL_SET } from '../workload/stateful-set.ts';
import { nameOf, type Revision, type WorkloadKind } from '../workload/workload.ts';

/** What may be written, and how it is known. */
export interface OwnContent {
  /** The profile's repositories; undefined: those of what runs and of its history. */
  readonly repositories?: readonly string[] | undefined;
  /** The key that content of Secrets is hashed with. */
  readonly evidenceKey?: EvidenceKey | undefined;
  /** What is read of config: copies, once each. */
  readonly reads: Pick<ConfigReads, 'read'>;
  /** Lists the workload's own history; asked when what runs alone does not say. */
  readonly history: () => Promise<readonly Revision[]>;
}

/** What may hold a template: as people name it, where it is, and how it is taken out. */
const HOLDERS = {
  'replica-set': {
    word: 'replicaset',
    resource: 'replicasets',
    templateIn: (object) => DEPLOYMENT.history.revisionOf(object as ReplicaSet)?.template,
  },
  'controller-revision': {
    word: 'controllerrevision',
    resource: 'controllerrevisions',
    templateIn: (object) => STATEFUL_SET.history.revisionOf(object as ControllerRevision)?.template,
  },
  'pod-template': {
    word: 'podtemplate',
    resource: 'podtemplates',
    templateIn: (object) => withoutHash((object as PodTemplate).template),
  },
  'config-map': {
    word: 'configmap',
    resource: 'configmaps',
    templateIn: (object) => templateIn(object as ConfigMap),
  },
} satisfies Record<
  Exclude<KubernetesPin['source']['kind'], 'image' | 'live'>,
  {
    readonly word: string;
    readonly resource: Resource;
    readonly templateIn: (object: Holder) => RawObject | undefined;
  }
>;
type Holder = ReplicaSet | ControllerRevision | PodTemplate | ConfigMap;

/** A template with its identity. */
export interface PinnedTemplate {
  readonly template: RawObject;
  readonly fingerprint: string;
}

/**
 * The content that a pin refers to: from memory when this worker listed the history, else from the revision, the
 * PodTemplate or the snapshot's ConfigMap itself. Either way it must have the pin's fingerprint, once the digests of images are written into it
 * where the pin says so.
 * @param revisions the templates in memory.
 * @throws ImageNotAllowed when it is not of the workload's own repositories; PinLost when what holds it is gone, is another object by now, or holds something else.
 */
export async function pinnedTemplate(
  transport: ApiTransport,
  kind: WorkloadKind,
  pin: KubernetesPin,
  live: Workload,
  revisions: readonly Revision[],
  own: OwnContent,
  signal: AbortSignal,
): Promise<PinnedTemplate> {
  const { source } = pin;
  if (source.kind === 'image') {
    await assertOwn([source.image], live, revisions, own);
    return withPinnedImage(kind, live, source.container, source.image);
  }
  if (source.kind === 'live') return { template: live.spec.template, fingerprint: pin.fingerprint };
  const held = heldFingerprint(pin);
  const kept = revisions.find(
    ({ uid, fingerprint: known }) => known === held && (!isInHistory(source) || uid === source.uid),
  );
  if (kept) {
    if (own.repositories) await assertOwn([pin.image], live, revisions, own);
    await assertCopies(pin, own, signal);
    return asPinned(pin, kept, held);
  }
  const holder = `${HOLDERS[source.kind].word}/${source.name}`;
  const { uid, template } = await heldBy(holder, transport, pin, source, signal);
  const found = template && fingerprint(template);
  if (!template || uid !== source.uid || found !== held) {
    throw new RunbookError(
      'PinLost',
      `${holder} is not the pinned one any more (${pin.version}); start a new run, which plans anew`,
    );
  }
  await assertOwn(Object.values(imagesByContainer(template)), live, revisions, own);
  await assertCopies(pin, own, signal);
  return asPinned(pin, { template, fingerprint: found }, held);
}

/** What is held as the pin wants it: with the digests of the images that were proved, where they are not in it. */
function asPinned(pin: KubernetesPin, content: PinnedTemplate, held: string): PinnedTemplate {
  if (held === pin.fingerprint) return content;
  const named = withDigests(content.template, pin.digests ?? {});
  const copied = withCopies(named, pin.copies ?? []);
  const template = pin.restartedAt === undefined ? copied : withRestart(copied, pin.restartedAt);
  const found = fingerprint(template);
  if (found !== pin.fingerprint) {
    throw new RunbookError(
      'PinLost',
      `${pin.version} with the digests of its images and the copies of its config is not what was planned; start a new run, which plans anew`,
    );
  }
  return { template, fingerprint: found };
}

/** What the template will refer to has to hold what was proved. @throws PinLost */
async function assertCopies(
  { copies = [], version, workload: { uid } }: KubernetesPin,
  own: Pick<OwnContent, 'evidenceKey' | 'reads'>,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    copies.map(async ({ reference, name, hash }) => {
      const kind = kindOf(reference);
      const hashOf = hasherOf(kind, kind === 'secret' ? await own.evidenceKey?.(signal) : undefined);
      const problem = await own.reads.read({ kind, name }).then(
        (object) => (copyIn(object, { uid }, hashOf)?.hash === hash ? '' : 'does not hold it any more'),
        (error: unknown) => {
          if (isStatus(error, 404)) return 'is gone';
          throw error;
        },
      );
      if (problem === '') return;
      throw new RunbookError(
        'PinLost',
        `${kind}/${name}, the copy of ${reference} as ${version} was proved with it, ${problem}; start a new run, which plans anew`,
      );
    }),
  );
}

/** @throws ImageNotAllowed */
async function assertOwn(
  images: readonly string[],
  live: Workload,
  revisions: readonly Revision[],
  { repositories, history }: OwnContent,
): Promise<void> {
  const running = Object.values(imagesByContainer(live.spec.template));
  const known = (all: readonly Revision[]) => [
    ...running,
    ...all.flatMap(({ template }) => Object.values(imagesByContainer(template))),
  ];
  try {
    assertOwnRepositories(images, repositories, known(revisions));
  } catch (error) {
    if (repositories) throw error;
    assertOwnRepositories(images, undefined, known(await history()));
  }
}

function withPinnedImage(
  kind: WorkloadKind,
  { spec, metadata: { name } }: Workload,
  container: string,
  image: string,
): PinnedTemplate {
  if (imageOf(spec.template, container) === undefined) {
    throw new RunbookError(
      'WorkloadChanged',
      `${nameOf({ kind, name })} has no container ${container} any more`,
    );
  }
  const template = templateWithImage(spec.template, container, image);
  return { template, fingerprint: fingerprint(template) };
}

/** What an object holds; no template when that is none. */
async function heldBy(
  holder: string,
  transport: ApiTransport,
  { workload: { namespace }, version }: KubernetesPin,
  { kind, name }: Exclude<KubernetesPin['source'], { kind: 'image' | 'live' }>,
  signal: AbortSignal,
): Promise<{ readonly uid: string; readonly template: RawObject | undefined }> {
  const { resource, templateIn: taken } = HOLDERS[kind];
  try {
    const object = await transport.get<Holder>({ resource, namespace, name }, signal);
    return { uid: object.metadata.uid, template: taken(object) };
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    throw new RunbookError(
      'PinLost',
      `${holder}, which holds ${version}, is gone; start a new run, which plans anew`,
    );
  }
}
