import type { Change } from './change.ts';
import type { ChangeParts } from './change-parts.ts';
import { engineError } from './engine/engine-error.ts';
import { loadProject } from './load-project.ts';
import { leadingContainer } from './reading.ts';

/** Restarts the services that depend on this one, when the profile asks for it; those started since are left alone. */
export async function restartDependants(
  change: Change,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  const { profile, environment, docker, compose, invocation, name, gate, audit } = parts;
  if (!profile.restartDependants) return;
  const { service } = await loadProject({ profile, environment });
  const started = leadingContainer(await docker.containers(name, signal))?.startedAt ?? '';
  const old: string[] = [];
  for (const dependant of service.dependants) {
    const container = leadingContainer(await docker.containers({ ...name, service: dependant }, signal));
    if (container?.running && Date.parse(container.startedAt) < Date.parse(started)) old.push(dependant);
  }
  if (old.length === 0) return;
  const result = await compose.restart(invocation, old, { signal, gate });
  if (result.code !== 0) {
    throw engineError(`${old.join(', ')}, which depend on ${name.service}, cannot be restarted`, result);
  }
  await audit('dependants-restarted', `${change.id} dependants`, { services: old });
}
