import { engineError } from '../engine/command/engine-error.ts';
import { loadProject } from '../load/load-project.ts';
import { leadingContainer } from '../read/observed-state.ts';
import type { ProjectChange } from '../state/project-change.ts';
import type { ChangeParts } from './change-parts.ts';

/**
 * Restarts the services that depend on this one; those started since are left alone. It does not change what is known of
 * this service: what goes wrong is told.
 * @returns a warning, or nothing.
 */
export async function restartDependants(
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { profile, environment, docker, compose, invocation, name, beforeExec, audit } = parts;
  const { service } = await loadProject({ profile, environment });
  const started = leadingContainer(await docker.containers(name, signal))?.startedAt ?? '';
  const old: string[] = [];
  for (const dependant of service.dependants) {
    // One that was kept bound to a container that is gone could not be started any more.
    if (service.bound.includes(dependant)) continue;
    const container = leadingContainer(await docker.containers({ ...name, service: dependant }, signal));
    if (container?.running && Date.parse(container.startedAt) < Date.parse(started)) old.push(dependant);
  }
  if (old.length === 0) return [];
  const result = await compose.restart(invocation, old, { signal, beforeExec });
  if (result.code !== 0) {
    return [engineError(`${old.join(', ')} could not be restarted`, result).message];
  }
  await audit('dependants-restarted', `${change.id} dependants`, { services: old });
  return [];
}
