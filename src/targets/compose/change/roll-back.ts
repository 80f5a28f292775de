import { createHash } from 'node:crypto';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposePin, ComposeSource } from '../../../domain/versions/pins.ts';
import type { ComposeInvocation } from '../engine/command/compose-command.ts';
import type { Container } from '../engine/objects/containers.ts';
import { instanceCount, toBeReplaced } from '../read/leftovers.ts';
import type { ChangeSide, ProjectChange } from '../state/project-change.ts';
import { bringImage } from './bring-image.ts';
import { bringUp, CannotStart } from './bring-up.ts';
import type { ChangeParts } from './change-parts.ts';
import { invocationFor } from './invocation.ts';
import { renewBound } from './renew-bound.ts';
import { keepContents, replaceFiles } from './replace-files.ts';
import { restoreChange, restoredTo, restoreFiles } from './restore.ts';
import { assertUnchanged } from './unchanged.ts';

/** What the rollback did. */
export interface RolledBack {
  /** False when everything was there already, and not by an earlier attempt of the same step. */
  readonly changed: boolean;
  readonly change: ProjectChange;
  /** The containers that it has left. */
  readonly containers: readonly Container[];
}

/** What stands there when the change begins. */
export interface Before {
  readonly containers: readonly Container[];
  readonly live: ChangeSide;
  /** Services that run, and share a namespace or volumes with them. */
  readonly bound: readonly string[];
  /** The image that the files say. */
  readonly imageInFiles: string;
  /** Whether the service has inline configs or secrets. */
  readonly hasInline: boolean;
  /** Whether the containers may not have seen what is mounted into them. */
  readonly isUnseen: boolean;
  /** The number of containers that the files say. */
  readonly scaleInFiles: number;
}

/**
 * The one change (runbook 4), in an order that cannot hurt: the image is on the engine before a file is touched, the
 * files are in place and Compose has read them before the container is. Every part finds itself done when it is
 * repeated, by whichever step of the run. The lock of the project is held. A cancellation is obeyed before the first file
 * is replaced, and then when the container is up: never with files and container that do not belong together.
 *
 * @throws ImageMissing, WorkloadChanged, FileNotWritten, ComposeFileUnsupported, with the files as they were;
 * RolloutFailed when the container could not be started and what was there before is back.
 */
export async function rollBackTo(
  pin: ComposePin,
  source: ComposeSource,
  before: Before,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<RolledBack> {
  const { docker, journal, profile, step } = parts;
  const { change: found } = await step.journal();
  const pinned = jsonHash(pin);
  const isOurs = found?.pinned === pinned;
  const { signal: uncancellable } = new AbortController();
  if (isOurs && found.phase === 'restoring') {
    await restoreChange(found, parts, uncancellable);
    throw new RunbookError('RolloutFailed', `${pin.version} could not be started; ${restoredTo(found)}`);
  }
  // After it was restored the same plan is a new change: whoever asks once more has mended what kept it from starting.
  // What another run of the same plan has finished is there already.
  const isOver =
    found?.phase === 'restored' || (found?.phase === 'started' && !isSameRun(found.by, parts.by));
  const earlier = isOurs && !isOver ? found : undefined;
  const id = earlier?.id ?? jsonHash([pinned, found?.id]);
  await assertUnchanged(pin, source.imageId, earlier, before.containers, parts);
  const image = await bringImage(source, docker, profile, signal);
  const { id: imageId } = image;
  // An earlier attempt knows what stood there before it: by now that may be its own work.
  const change = earlier ?? (await newChange({ id, pinned }, pin, { ...source, imageId }, before, parts));
  if (!earlier) {
    // Somebody who did the same by hand has made the container anew only if its image is another one now.
    const isMade = pin.changes.length === 0 || pin.replaces !== imageId;
    if (change.files.length === 0 && isMade && !before.isUnseen && runs(before.containers, imageId))
      return { changed: false, change, containers: before.containers };
    await keepContents(pin, source, change.files, parts);
    await journal.begin(change, found?.id);
  }
  const invocation = await invocationFor({ ...change.to, imageId }, pin.image, parts, signal, image);
  await putFiles(pin, change, parts, uncancellable);
  if (change.phase === 'replacing') await journal.advance(id, 'starting');
  const containers = await startContainers(change, invocation, parts, uncancellable);
  // The service may need them to become well. What goes wrong here is tried again, and told, when it is.
  await renewBound(change, parts, uncancellable);
  const { from, to, files, purpose } = change;
  await parts.audit(purpose === 'restore' ? 'restored' : 'rolled-back', id, { from, to, files });
  const endedAt = new Date(parts.clock()).toISOString();
  await journal.advance(id, 'started', { endedAt, made: containers.map((container) => container.id) });
  return { changed: true, change, containers };
}

async function newChange(
  named: Pick<ProjectChange, 'id' | 'pinned'>,
  pin: ComposePin,
  { image, imageId, digest }: ComposeSource,
  { containers, bound, live, imageInFiles, hasInline, isUnseen, scaleInFiles }: Before,
  parts: ChangeParts,
): Promise<ProjectChange> {
  const [count, instances] = [containers.length, instanceCount(containers)];
  const askedToStop = toBeReplaced(containers);
  return {
    ...named,
    phase: 'replacing',
    ...(pin.purpose ? { purpose: pin.purpose } : {}),
    startedAt: new Date(parts.clock()).toISOString(),
    by: parts.by,
    from: live,
    to: {
      version: pin.version,
      image,
      ...(imageId ? { imageId } : {}),
      ...(digest ? { digest } : {}),
      fingerprint: pin.fingerprint,
    },
    files: await notReplacedYet(pin, parts),
    ...(pin.recorded ? { recorded: pin.recorded } : {}),
    left: [...pin.unchanged, ...pin.changes.map(({ path, kind, sha256 }) => ({ path, kind, sha256 }))],
    imageInFiles,
    containers: count,
    containerIds: containers.map((container) => container.id),
    ...(hasInline ? { inline: true as const } : {}),
    ...(isUnseen ? { unseen: true as const } : {}),
    ...(askedToStop.length > 0 ? { askedToStop } : {}),
    ...(bound.length > 0 ? { bound } : {}),
    // What was scaled by hand stays scaled.
    ...(count > 0 && instances !== scaleInFiles ? { scale: instances } : {}),
  };
}

/**
 * Replaces the files and lets Compose read them. Whatever goes wrong before a container is touched: they go back. When an
 * earlier attempt has come further, they belong to the container by now and stay.
 */
async function putFiles(
  pin: ComposePin,
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  try {
    await replaceFiles(change.files, parts, signal);
    await assertComposeAgrees(pin, parts, signal);
  } catch (error) {
    if (change.phase === 'replacing') {
      await restoreFiles(change, parts, false);
      await parts.journal.end(change.id);
    }
    throw error;
  }
}

/** Compose reads the files as we do, or nothing is started: what it makes of them as they are by now. */
async function assertComposeAgrees(
  { image }: ComposePin,
  { step, name }: Pick<ChangeParts, 'step' | 'name'>,
  signal: AbortSignal,
): Promise<void> {
  const read = await step.anew(signal).model();
  if (read.image === image) return;
  throw new RunbookError(
    'ComposeFileUnsupported',
    `Compose reads ${read.image ?? 'no image'} for ${name.service} where ${image} was written`,
  );
}

async function startContainers(
  change: ProjectChange,
  invocation: ComposeInvocation,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  const isStale = (id: string) => change.containerIds.includes(id);
  try {
    return await bringUp(change, { side: change.to, invocation, isStale }, parts, signal);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    throw new RunbookError('RolloutFailed', `${error.message}; ${await compensate(change, parts, signal)}`);
  }
}

/** Compensates, and says in words what became of it. Passing errors are thrown: the next attempt goes on with it. */
export async function compensate(
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<string> {
  try {
    const warnings = await restoreChange(change, parts, signal);
    return [restoredTo(change), ...warnings].join('; ');
  } catch (error) {
    if (!(error instanceof RunbookError) || error.retryable) throw error;
    return `and ${error.message}`;
  }
}

/** Files that somebody has brought to the planned content already need no replacement, and no compensation. */
async function notReplacedYet(
  { changes }: ComposePin,
  { step }: Pick<ChangeParts, 'step'>,
): Promise<ProjectChange['files']> {
  const hashes = await Promise.all(changes.map(async ({ path }) => (await step.file(path))?.sha256));
  return changes.filter(({ sha256 }, index) => hashes[index] !== sha256);
}

/** Whether two steps (`workflowId/activityId`) are of one run. */
function isSameRun(a: string, b: string): boolean {
  const runOf = (step: string) => step.slice(0, step.lastIndexOf('/'));
  return runOf(a) === runOf(b);
}

/** SHA-256 of a value as JSON. */
function jsonHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function runs(containers: readonly Container[], imageId: string): boolean {
  return containers.length > 0 && containers.every((one) => one.running && one.imageId === imageId);
}
