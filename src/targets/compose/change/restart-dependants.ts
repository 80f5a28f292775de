import { engineError } from '../engine/command/engine-error.ts';
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
  const { step, compose, invocation, beforeExec, audit } = parts;
  const [{ service }, containers] = await Promise.all([step.project(), step.containers()]);
  const started = leadingContainer(containers)?.startedAt ?? '';
  const old: string[] = [];
  for (const dependant of service.dependants) {
    // One that was kept bound to a container that is gone could not be started any more.
    if (service.bound.includes(dependant)) continue;
    const container = leadingContainer(await step.containersOf(dependant));
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
