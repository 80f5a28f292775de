import { RunbookError } from '../../domain/errors.ts';
import { parseImage } from '../../domain/versions.ts';
import type { Change } from './change.ts';
import type { ChangeParts } from './change-parts.ts';
import { engineError } from './engine/engine-error.ts';
import { backupSuffixOf } from './replace-files.ts';

export interface RestoreOptions {
  /** False: only the files; the container was not touched yet. */
  readonly container?: boolean;
}

/**
 * The way back from a change whose container does not start: the files as they were, and the container of before.
 * Every part finds itself done when it is repeated, and the journal says that it was begun.
 * @throws RolloutFailed when the way back is closed: somebody else has changed a file, or the container of before does
 * not start either. Passing errors of the engine are thrown as they are: the step tries again and goes on here.
 */
export async function restoreChange(
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal,
  { container = true }: RestoreOptions = {},
): Promise<void> {
  const { journal, audit } = parts;
  if (change.phase === 'restored') return;
  await journal.advance(change.id, 'restoring');
  await restoreFiles(change, parts, container, signal);
  if (container) await restoreContainer(change, parts, signal);
  await journal.advance(change.id, 'restored');
  const { from, to, files } = change;
  await audit('restored', `${change.id} restored`, { from: to, to: from, files, container });
}

/** `docker-compose.yml and the container of 0.2.0 are restored` */
export function restoredTo({ files, from, containers }: Change): string {
  const container = containers > 0 ? `the container of ${from.version}` : 'no container, as before,';
  return `${[...files.map(({ path }) => path), container].join(' and ')} ${files.length === 0 ? 'is' : 'are'} restored`;
}

/** @param strict false while no container was touched: a file that is not ours by now was never replaced. */
async function restoreFiles(
  { files }: Change,
  { folder, contents }: ChangeParts,
  strict: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, before, sha256 } of files.toReversed()) {
    if (!strict && (await folder.read(path))?.sha256 !== sha256) continue;
    const content = await contents.read(before);
    if (!content) {
      throw new RunbookError(
        'RolloutFailed',
        `${path} cannot be restored: its content of before is not kept; its backup stands beside it`,
      );
    }
    try {
      // Its backup is there already, so none of the version that did not start is made.
      await folder.replace(path, { expect: sha256, content, backupSuffix: backupSuffixOf(before), signal });
    } catch (error) {
      if (!(error instanceof RunbookError) || error.type !== 'WorkloadChanged') throw error;
      throw new RunbookError(
        'RolloutFailed',
        `${path} cannot be restored: somebody else has changed it meanwhile; a backup of before stands beside it`,
      );
    }
  }
}

async function restoreContainer(
  { from, containers }: Change,
  { compose, docker, invocation, name, gate }: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  const fail = (reason: string) =>
    new RunbookError('RolloutFailed', `the container of ${from.version} could not be restored: ${reason}`);
  if (containers === 0) {
    const stopped = await compose.stop(invocation, name.service, { signal, gate });
    if (stopped.code !== 0) throw engineError(`${name.service} cannot be stopped`, stopped);
    return;
  }
  const { repository, tag, digest } = parseImage(from.image);
  if (from.imageId && tag && !digest) await docker.tag(from.imageId, `${repository}:${tag}`, signal);
  const scale = containers > 1 ? containers : undefined;
  const result = await compose.up(invocation, name.service, scale, { signal, gate });
  if (result.code !== 0)
    throw engineError(`the container of ${from.version} cannot be brought up`, result, 'RolloutFailed');
  const running = await docker.containers(name, signal);
  const other = running.find(({ imageId }) => from.imageId !== undefined && imageId !== from.imageId);
  if (other) throw fail(`${other.name} runs another image`);
  if (!running.some((one) => one.running || one.restarting)) throw fail('it does not run');
}
