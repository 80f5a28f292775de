import { RunbookError } from '../../../domain/errors.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { ComposeFilePin, ComposeSource, SnapshotReference } from '../../../domain/versions/pins.ts';
import {
  type LiveVersion,
  type ObservedService,
  parseImage,
  type VersionCandidate,
} from '../../../domain/versions/versions.ts';
import type { EvidenceReader } from '../../evidence/read-record.ts';
import { signed } from '../../evidence/seal.ts';
import { secretTimes } from '../read/config/secrets.ts';
import { leadingContainer, type ObservedState } from '../read/observed-state.ts';
import type { ServiceState, VersionContent } from '../state/index.ts';

/** What runs now with the files that it was made of: kept before it is replaced, so that it can be restored. */
export async function keepSnapshot(
  live: LiveVersion,
  observedState: ObservedState,
  observed: ObservedService,
  state: ServiceState,
  keepsSecrets: boolean,
): Promise<SnapshotReference> {
  const { current } = observed;
  if (live.fingerprint !== current.fingerprint) {
    throw new RunbookError(
      'WorkloadChanged',
      `${observed.workload} was changed after the versions were identified: it is ${current.version} now`,
    );
  }
  const content = contentOf(current, observedState);
  await keepFiles(observedState, state, keepsSecrets);
  const { fingerprint, version, image } = current;
  const keptIn = await state.snapshots.write({ fingerprint, version, content, at: observedState.at });
  return { fingerprint, version, image, generation: 0, keptIn, uid: observed.uid };
}

/**
 * A snapshot as what is to be made of it. Evidence of the same version may be of files that differ in what does not make
 * a version, a comment for example: what is restored is what stood there before the rollback.
 */
export async function snapshotSource(
  source: ComposeSource,
  fingerprint: string | undefined,
  { snapshots }: ServiceState,
): Promise<ComposeSource> {
  const { entries } = await snapshots.read();
  const { content } = entries.get(fingerprint ?? '') ?? {};
  if (!content) return source;
  const { image, digest, imageId, files, definitionHash } = content;
  return {
    kind: 'compose',
    known: 'snapshot',
    image,
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
    files,
    definitionHash,
  };
}

/** Evidence that is kept beside a service, and who it is of. */
export interface Kept {
  readonly record: KnownGoodRecord;
  readonly reader: EvidenceReader;
}

/**
 * The evidence with everything that is needed to make the version again. A failure is kept by itself, and of a version that
 * is gone again without that. @returns where it is kept.
 */
export async function keepKnownGood(
  { record, reader }: Kept,
  observedState: ObservedState,
  observed: ObservedService,
  state: ServiceState,
  keepsSecrets: boolean,
): Promise<string> {
  const { current } = observed;
  const isCurrent = record.fingerprint === current.fingerprint;
  const isProof = record.verdict === 'passed';
  if (!isCurrent && isProof) {
    throw new RunbookError(
      'WorkloadChanged',
      `${observed.workload} was changed after ${record.version} was proved: no evidence is kept of what runs now`,
    );
  }
  if (isProof && observedState.drift.length > 0) {
    throw new RunbookError(
      'WorkloadChanged',
      `${record.version} cannot become known-good: ${observedState.drift.join('; ')}. Bring the service up first (docker compose up -d --force-recreate), then verify it`,
    );
  }
  const named = { ...record, ...(record.schema === 2 ? { workload: reader.workload } : {}) };
  const sealed = <T extends KnownGoodRecord>(entry: T): T =>
    reader.key === undefined ? entry : signed(entry, reader.key);
  // Of what may run with other files than there are it is not known what it is made of.
  const isUnknown = observedState.unseen.length > 0 || observedState.half;
  if (!isCurrent || isUnknown) return state.failures.write(named, sealed);
  await keepFiles(observedState, state, keepsSecrets);
  const { imageId } = current.source as ComposeSource;
  const whole = {
    ...named,
    ...(imageId ? { imageId } : {}),
    content: contentOf(current, observedState),
  };
  const keptIn = await (isProof ? state.knownGood.write(whole, sealed) : state.failures.write(whole, sealed));
  await state.removeUnusedContents();
  return keptIn;
}

function contentOf(current: VersionCandidate, observedState: ObservedState): VersionContent {
  const { project, secrets, containers, drift, unseen } = observedState;
  const container = leadingContainer(containers);
  const startedAt = Date.parse(container?.startedAt ?? '');
  const hasSeen = container !== undefined && drift.length === 0 && unseen.length === 0;
  const times = secretTimes(secrets, startedAt);
  const { image, digest, imageId } = current.source as ComposeSource;
  const { repository, tag } = parseImage(image);
  return {
    image,
    repository,
    ...(tag ? { tag } : {}),
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
    files: project.files,
    definitionHash: project.service.definitionHash,
    ...(hasSeen ? { container: { id: container.id, startedAt: container.startedAt } } : {}),
    ...(times.length > 0 ? { secrets: times } : {}),
    firstSeenAt: current.createdAt,
  };
}

/** Secrets only where the profile says so. */
async function keepFiles(
  { project }: ObservedState,
  { contents, secrets }: ServiceState,
  keepsSecrets: boolean,
): Promise<void> {
  const isSecret = ({ kind }: ComposeFilePin) => kind === 'secret';
  const filesOf = (pins: readonly ComposeFilePin[]) =>
    pins.flatMap(({ path }) => project.read.get(path) ?? []);
  const files = filesOf(project.files.filter((pin) => !isSecret(pin)));
  const secret = keepsSecrets ? filesOf(project.files.filter(isSecret)) : [];
  // Each content once: two files may hold the same.
  const bytes = new Map(files.map((file) => [file.sha256, file.bytes]));
  await Promise.all([
    ...[...bytes.values()].map((content) => contents.keep(content)),
    ...secret.map((file) => secrets.keep(file.bytes)),
  ]);
}
