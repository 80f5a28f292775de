import { createHash } from 'node:crypto';
import { RunbookError } from '../../domain/errors.ts';
import type { ComposePin, ComposeSource } from '../../domain/pins.ts';
import { parseImage } from '../../domain/versions.ts';
import { bringUp, CannotStart } from './bring-up.ts';
import type { Change } from './change.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Container } from './engine/containers.ts';
import { leadingContainer } from './reading.ts';
import { keepContents, replaceFiles } from './replace-files.ts';
import { restoreChange, restoredTo } from './restore.ts';
import { imageMissing } from './settle.ts';

/** What the rollback did. */
export interface RolledBack {
  /** False when everything was there already, and not by an earlier attempt of the same step. */
  readonly changed: boolean;
  readonly change: Change;
}

/**
 * The one change (runbook 4), in an order that cannot hurt: the image is on the engine before a file is touched, the
 * files are in place and Compose has read them before the container is. Every part finds itself done when it is
 * repeated. The lock of the project is held. A cancellation is obeyed before the first file is replaced, and then when
 * the container is up: never with files and container that do not belong together.
 *
 * @throws ImageMissing, WorkloadChanged, FileNotWritten, ComposeFileUnsupported, before the container is touched;
 * RolloutFailed when the container could not be started and what was there before is back.
 */
export async function rollBackTo(
  pin: ComposePin,
  source: ComposeSource,
  from: Change['from'],
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<RolledBack> {
  const { docker, name, journal, by, clock } = parts;
  const id = createHash('sha256')
    .update(JSON.stringify([by, pin]))
    .digest('hex');
  const earlier = await journal.read();
  const isOurs = earlier?.id === id;
  if (isOurs && (earlier.phase === 'restoring' || earlier.phase === 'restored')) {
    await restoreChange(earlier, parts, signal);
    throw new RunbookError('RolloutFailed', `${pin.version} could not be started; ${restoredTo(earlier)}`);
  }
  const containers = await docker.containers(name, signal);
  await assertUnchanged(pin, source, isOurs, containers, parts);
  const imageId = await bringImage(pin, source, parts, signal);
  const change: Change = {
    id,
    phase: 'replacing',
    startedAt: isOurs ? earlier.startedAt : new Date(clock()).toISOString(),
    by,
    from,
    to: { version: pin.version, image: pin.image, imageId, fingerprint: pin.fingerprint },
    files: pin.changes,
    containers: isOurs ? earlier.containers : containers.filter(({ running }) => running).length,
  };
  const isThere = pin.changes.length === 0 && runs(containers, imageId);
  if (isThere) return { changed: isOurs, change };

  if (!isOurs) {
    await keepContents(pin, source, parts);
    await journal.begin(change);
  }
  await tagImage(pin.image, imageId, parts, signal);
  const { signal: unbroken } = new AbortController();
  await replaceAll(change, parts, unbroken);
  await assertComposeAgrees(pin, change, parts, unbroken);
  await journal.advance(id, 'starting');
  await start(change, parts, unbroken);
  await journal.advance(id, 'started');
  await parts.audit('rolled-back', id, { from, to: change.to, files: change.files });
  return { changed: true, change };
}

/** A file that can never be written must not leave the others half way. */
async function replaceAll(change: Change, parts: ChangeParts, signal: AbortSignal): Promise<void> {
  try {
    await replaceFiles(change.files, parts, signal);
  } catch (error) {
    const isFinal = error instanceof RunbookError && !error.retryable;
    if (isFinal && change.files.length > 1) await restoreChange(change, parts, signal, { container: false });
    throw error;
  }
}

async function start(change: Change, parts: ChangeParts, signal: AbortSignal): Promise<void> {
  try {
    await bringUp(change, parts, signal);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    await restoreChange(change, parts, signal);
    throw new RunbookError('RolloutFailed', `${error.message}; ${restoredTo(change)}`);
  }
}

function runs(containers: readonly Container[], imageId: string): boolean {
  return containers.length > 0 && containers.every((one) => one.running && one.imageId === imageId);
}

/** Compare-and-set: everything that the plan was made on is still so, or is already what the plan makes of it. */
async function assertUnchanged(
  pin: ComposePin,
  { imageId }: ComposeSource,
  isOurs: boolean,
  containers: readonly Container[],
  { folder }: ChangeParts,
): Promise<void> {
  const hashOf = async (path: string) => (await folder.read(path))?.sha256;
  for (const { path, sha256 } of pin.unchanged) {
    if ((await hashOf(path)) !== sha256) throw changedMeanwhile(path);
  }
  for (const { path, before, sha256 } of pin.changes) {
    const found = await hashOf(path);
    if (found !== before && found !== sha256) throw changedMeanwhile(path);
  }
  const runsNow = leadingContainer(containers)?.imageId;
  const isExpected = runsNow === pin.replaces || runsNow === imageId || isOurs;
  if (!isExpected) {
    throw new RunbookError(
      'WorkloadChanged',
      `the container runs another image than when the plan was made: somebody has deployed meanwhile`,
    );
  }
}

function changedMeanwhile(path: string): RunbookError {
  return new RunbookError(
    'WorkloadChanged',
    `${path} was changed by somebody else after the plan was made; nothing was written over it`,
  );
}

/** The image is on the engine, under the very digest: pulled when it is not. @returns its ID there. */
async function bringImage(
  { image }: ComposePin,
  source: ComposeSource,
  { docker, profile }: ChangeParts,
  signal: AbortSignal,
): Promise<string> {
  const { digest, imageId } = source;
  const exact = digest ? `${parseImage(image).repository}@${digest}` : (imageId ?? image);
  const local = await docker.image(exact, signal);
  if (local) return local.id;
  if (!digest) throw imageMissing(source);
  await docker.pull(exact, { signal, timeoutMs: profile.pullTimeoutMs });
  const pulled = await docker.image(exact, signal);
  if (!pulled) throw imageMissing(source);
  return pulled.id;
}

/** The tag means the pinned image on this engine, so that Compose takes it and asks no registry. */
async function tagImage(
  image: string,
  imageId: string,
  { docker }: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { repository, tag, digest } = parseImage(image);
  if (digest || !tag) return;
  const reference = `${repository}:${tag}`;
  const known = await docker.image(reference, signal);
  if (known?.id !== imageId) await docker.tag(imageId, reference, signal);
}

/** Compose reads the files as we do, or nothing is started. What was replaced goes back. */
async function assertComposeAgrees(
  { image }: ComposePin,
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { compose, invocation, name } = parts;
  try {
    const read = await compose.config(invocation, name.service, signal);
    if (read.image === image) return;
    throw new RunbookError(
      'ComposeFileUnsupported',
      `Compose reads ${read.image ?? 'no image'} for ${name.service} where ${image} was written`,
    );
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'ComposeFileUnsupported') {
      await restoreChange(change, parts, signal, { container: false });
    }
    throw error;
  }
}
