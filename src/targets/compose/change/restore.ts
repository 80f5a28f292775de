import { RunbookError } from '../../../domain/errors.ts';
import { engineError } from '../engine/command/engine-error.ts';
import type { Container } from '../engine/objects/containers.ts';
import { pinHash } from '../load/pinned-files.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { bringUp, CannotStart } from './bring-up.ts';
import { type ChangeParts, keptIn } from './change-parts.ts';
import { invocationFor } from './invocation.ts';
import { renewBound } from './renew-bound.ts';
import { replacePinned } from './replace-files.ts';

/**
 * The compensation of a change whose container does not start: the files as they were, and the container of before.
 * Every part finds itself done when it is repeated, and the journal says that it was begun.
 * @returns warnings.
 * @throws RolloutFailed when it cannot be carried out: somebody else has changed a file, or the container of before does
 * not start either. Passing errors of the engine are thrown as they are: the step tries again and goes on here.
 */
export async function restoreChange(
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { journal, audit } = parts;
  if (change.phase === 'restored') return [];
  await journal.advance(change.id, 'restoring');
  await restoreFiles(change, parts, true);
  const made = await restoreContainer(change, parts, signal);
  const warnings = change.containers > 0 ? await renewBound(change, parts, signal) : [];
  const { from, to, files } = change;
  await audit('restored', `${change.id} restored`, { from: to, to: from, files });
  const endedAt = new Date(parts.clock()).toISOString();
  await journal.advance(change.id, 'restored', { endedAt, made });
  return warnings;
}

/** `docker-compose.yml and the container of 0.2.0 are restored` */
export function restoredTo({ files, from, containers }: ProjectChange): string {
  const container = containers > 0 ? `the container of ${from.version}` : 'no container, as before,';
  return `${[...files.map(({ path }) => path), container].join(' and ')} ${files.length === 0 ? 'is' : 'are'} restored`;
}

/**
 * Puts the files back, as compare-and-set on what we have written.
 * @param strict false while no container was touched: a file that is not ours by now was never replaced, and stays.
 * @returns the files that were replaced and are restored.
 */
export async function restoreFiles(
  { files }: ProjectChange,
  parts: ChangeParts,
  strict: boolean,
): Promise<readonly string[]> {
  const restored: string[] = [];
  const { folder } = parts;
  const project = await parts.step.project();
  for (const { path, kind, before, sha256 } of files.toReversed()) {
    const found = strict ? undefined : await folder.read(path);
    if (!strict && (!found || pinHash(kind, found.bytes, project) !== sha256)) continue;
    const content = await keptIn(parts, kind).read(before);
    if (!content) throw closed(path, 'its content of before is not kept');
    try {
      await replacePinned({ path, kind, expect: sha256 }, content, {}, folder, project);
    } catch (error) {
      if (!(error instanceof RunbookError) || error.type !== 'WorkloadChanged') throw error;
      throw closed(path, 'somebody else has changed it meanwhile');
    }
    restored.push(path);
  }
  return restored;
}

function closed(path: string, why: string): RunbookError {
  return new RunbookError('RolloutFailed', `${path} cannot be restored: ${why}; compare it with its backup`);
}

/** @returns IDs of the containers that run again. */
async function restoreContainer(
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { from, containers, containerIds } = change;
  const { compose, name, beforeExec } = parts;
  if (containers === 0) {
    const stopped = await compose.stop(parts.invocation, name.service, { signal, beforeExec });
    if (stopped.code !== 0) throw engineError(`${name.service} cannot be stopped`, stopped);
    return [];
  }
  const invocation = await invocationFor(from, change.imageInFiles, parts, signal);
  const isStale = (id: string) => !containerIds.includes(id);
  const fail = (reason: string) =>
    new RunbookError('RolloutFailed', `the container of ${from.version} could not be restored: ${reason}`);
  let running: readonly Container[];
  try {
    running = await bringUp(change, { side: from, invocation, isStale }, parts, signal);
  } catch (error) {
    if (error instanceof CannotStart) throw fail(error.message);
    throw error;
  }
  if (!running.some((one) => one.running || one.restarting)) throw fail('it does not run');
  return running.map(({ id }) => id);
}
