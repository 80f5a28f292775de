import { setTimeout as pause } from 'node:timers/promises';
import { RunbookError } from '../../../domain/errors.ts';
import { oneLine } from '../../../domain/redact.ts';
import { shortDigest } from '../../../domain/versions/versions.ts';
import type { ComposeInvocation } from '../engine/command/compose-command.ts';
import { engineError } from '../engine/command/engine-error.ts';
import { isFaultOfEngine, isLeftBehind, runsUnheardOf } from '../engine/command/engine-faults.ts';
import type { Docker } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import type { ChangeSide, ProjectChange } from '../state/project-change.ts';
import { HALF_STARTED } from '../wait/judge.ts';
import type { ChangeParts } from './change-parts.ts';

/** Where Compose is to take the service. */
export interface Destination {
  readonly side: ChangeSide;
  readonly invocation: ComposeInvocation;
  /** Containers that are not of this side: what is mounted into them may have been replaced. */
  isStale(containerId: string): boolean;
}

/** A shim tells containerd again of a start after at most five seconds, in milliseconds. */
const HEARD_WITHIN_MS = 6000;
const HEARD_EVERY_MS = 500;

/** Files that a container holds by their inode: Compose does not see that their content is another one. Nor of inline ones. */
const MOUNTED = ['bind', 'config', 'secret'];

/**
 * Lets Compose make the service what the files say, and confirms by the engine that every container runs the image of
 * that side (runbook 4.3). Compose does nothing where it is so already.
 * @returns the containers.
 * @throws Unreachable when the engine has failed, and not the container: the next attempt goes on, and makes anew what can
 * never start.
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
  const mounted =
    change.inline === true ||
    change.unseen === true ||
    change.files.some(({ kind }) => MOUNTED.includes(kind));
  // Only an attempt before this one can have left a container that never starts.
  const isAgain = change.phase !== 'replacing';
  const found = mounted || isAgain ? await containersHeardOf(docker, name, signal) : [];
  const anew = found.some((one) => (mounted && isStale(one.id)) || neverStarts(one));
  const { scale } = change;
  const up = (anew: boolean) => compose.up(invocation, name.service, { scale, anew }, { signal, beforeExec });
  let result = await up(anew);
  let containers = result.code === 0 ? await docker.containers(name, signal) : [];
  // Not at once with what an earlier up has left: Compose would give the new container a name that is not free yet.
  if (containers.some(({ id }) => change.askedToStop?.includes(id))) {
    // Compose has kept one that an earlier up, which was broken off, may have asked the engine to stop.
    result = await up(true);
    containers = result.code === 0 ? await docker.containers(name, signal) : [];
  }
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
  const other = containers.find(({ imageId }) => side.imageId !== undefined && imageId !== side.imageId);
  const half = containers.find(({ halfStarted }) => halfStarted);
  // Compose has found it running, and the next attempt makes it anew.
  if (half && !other) throw new RunbookError('Unreachable', `container ${half.name} ${HALF_STARTED}`);
  if (containers.length > 0 && !other) return containers;
  throw new CannotStart(
    other
      ? `container ${other.name} runs ${oneLine(other.image, 200)} (${shortDigest(other.imageId)}), not the pinned image ${shortDigest(side.imageId ?? '')}`
      : `Compose has started no container of ${side.version}`,
  );
}

/**
 * The containers. A process that the engine has not heard of would outlive its container and keep its ports: containerd
 * tells of it at its next try, a few seconds after it is back, or never.
 */
async function containersHeardOf(
  docker: Docker,
  name: ServiceName,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  for (let waited = 0; ; waited += HEARD_EVERY_MS) {
    const containers = await docker.containers(name, signal);
    const unheard = containers.some(({ running, error }) => !running && runsUnheardOf(error));
    if (!unheard || waited >= HEARD_WITHIN_MS) return containers;
    await pause(HEARD_EVERY_MS, undefined, { signal });
  }
}

/** True of a container that the engine will never start, or start to its end, whatever it is. */
function neverStarts({ running, error, halfStarted }: Container): boolean {
  return halfStarted || (!running && isLeftBehind(error));
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
