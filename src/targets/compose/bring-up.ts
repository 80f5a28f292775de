import { RunbookError } from '../../domain/errors.ts';
import { oneLine } from '../../domain/redact.ts';
import { shortDigest } from '../../domain/versions.ts';
import type { ChangeParts } from './change-parts.ts';
import type { ComposeInvocation } from './engine/compose-command.ts';
import type { Container } from './engine/containers.ts';
import { engineError } from './engine/engine-error.ts';
import { isFaultOfEngine, isLeftBehind } from './engine/engine-faults.ts';
import type { ChangeSide, ProjectChange } from './project-change.ts';

/** Where Compose is to take the service. */
export interface Destination {
  readonly side: ChangeSide;
  readonly invocation: ComposeInvocation;
  /** Containers that are not of this side: what is mounted into them may have been replaced. */
  isStale(containerId: string): boolean;
}

/** Files that a container holds by their inode: Compose does not see that their content is another one. */
const MOUNTED = ['bind', 'config'];

/**
 * Lets Compose make the service what the files say, and confirms by the engine that every container runs the image of
 * that side (runbook 4.3). Compose does nothing where it is so already.
 * @returns the containers.
 * @throws CannotStart when the engine is well and refuses to start the container. Anything that may pass is thrown as
 * it is.
 */
export async function bringUp(
  change: ProjectChange,
  { side, invocation, isStale }: Destination,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  const { compose, docker, name, beforeExec } = parts;
  const mounted = change.files.some(({ kind }) => MOUNTED.includes(kind));
  // Only an attempt before this one can have left a container that never starts.
  const isAgain = change.phase !== 'replacing';
  const found = mounted || isAgain ? await docker.containers(name, signal) : [];
  const anew = found.some(
    ({ id, running, error }) => (mounted && isStale(id)) || (!running && isLeftBehind(error)),
  );
  const { scale } = change;
  const result = await compose.up(invocation, name.service, { scale, anew }, { signal, beforeExec });
  if (result.code !== 0) {
    const { message } = engineError(`${name.service} cannot be brought up`, result);
    // A log driver that refuses the connection sounds like an engine that does: the engine is asked itself. One that is
    // not whole by now has refused nothing, whatever it says.
    const hasRefused =
      !isFaultOfEngine(result.stderr) &&
      (await docker.isWhole(signal)) &&
      !(await docker.containers(name, signal)).some((one) => isNotTriedYet(change, one));
    throw hasRefused ? new CannotStart(message) : new RunbookError('Unreachable', message);
  }
  const containers = await docker.containers(name, signal);
  const other = containers.find(({ imageId }) => side.imageId !== undefined && imageId !== side.imageId);
  if (containers.length > 0 && !other) return containers;
  throw new CannotStart(
    other
      ? `container ${other.name} runs ${oneLine(other.image, 200)} (${shortDigest(other.imageId)}), not the pinned image ${shortDigest(side.imageId ?? '')}`
      : `Compose has started no container of ${side.version}`,
  );
}

/**
 * True of a container that Compose has made and never came to start: it stops, removes and renames in between, and
 * whatever went wrong there is no fault of the new version. A start that was refused leaves an error in the container.
 */
function isNotTriedYet({ containerIds }: ProjectChange, { id, status, error }: Container): boolean {
  return status === 'created' && error === '' && !containerIds.includes(id);
}

/** Compose ran, and the container of the version could not be made or started. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}
