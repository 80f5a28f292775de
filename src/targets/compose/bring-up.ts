import { oneLine } from '../../domain/redact.ts';
import type { Change } from './change.ts';
import type { ChangeParts } from './change-parts.ts';
import type { Container } from './engine/containers.ts';
import { engineError, isPassing } from './engine/engine-error.ts';

/**
 * Lets Compose make the service what the files say, and confirms by the engine that every container runs the image of
 * the change (runbook 4.3). Compose does nothing where it is so already.
 * @throws CannotStart when the engine refuses to start the container.
 */
export async function bringUp(change: Change, parts: ChangeParts, signal: AbortSignal): Promise<void> {
  const { compose, docker, invocation, name, gate } = parts;
  // What was scaled by hand stays scaled.
  const scale = change.containers > 1 ? change.containers : undefined;
  const result = await compose.up(invocation, name.service, scale, { signal, gate });
  if (result.code !== 0) {
    const error = engineError(`${name.service} cannot be brought up`, result, 'RolloutFailed');
    if (isPassing(error)) throw error;
    throw new CannotStart(error.message);
  }
  const containers = await docker.containers(name, signal);
  assertRuns(containers, change);
}

/** Compose ran, and the container of the version could not be made or started. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

function assertRuns(containers: readonly Container[], { to }: Change): void {
  const other = containers.find(({ imageId }) => imageId !== to.imageId);
  if (containers.length > 0 && !other) return;
  throw new CannotStart(
    other
      ? `container ${other.name} runs ${oneLine(other.image, 200)} (${other.imageId.slice(0, 19)}), not the pinned image ${to.imageId?.slice(0, 19)}`
      : `Compose has started no container of ${to.version}`,
  );
}
