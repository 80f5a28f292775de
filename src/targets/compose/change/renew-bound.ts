import { engineError } from '../engine/command/engine-error.ts';
import type { Docker } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import { containersOf } from '../read/bound-services.ts';
import type { ProjectChange } from '../state/project-change.ts';
import type { ChangeParts } from './change-parts.ts';

/**
 * Makes the services anew that ran before the change and are bound to a container that is gone by now, or have ended with
 * it. Compose sees by itself that the container which they name is another one. Nothing is done where they are whole.
 * @returns warnings: what goes wrong here changes nothing of what is known of the service.
 */
export async function renewBound(
  change: ProjectChange,
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { profile, docker, compose, invocation, name, beforeExec, audit } = parts;
  const { bound = [] } = change;
  if (bound.length === 0) return [];
  const lost = await withoutTheirs(bound, name, docker, signal);
  if (lost.length === 0) return [];
  if (profile.sharedNamespaces === 'keep') {
    return [
      `${lost.join(', ')} have lost the namespace or volumes that they shared with ${name.service}: docker compose up -d --no-deps ${lost.join(' ')}`,
    ];
  }
  const result = await compose.up(invocation, lost, { anew: false }, { signal, beforeExec });
  if (result.code !== 0) return [engineError(`${lost.join(', ')} could not be made anew`, result).message];
  await audit('bound-services-renewed', `${change.id} bound ${change.phase}`, { services: lost });
  return [];
}

/** Those of which a container has ended, or names one that is gone or is to be made anew itself. */
async function withoutTheirs(
  bound: readonly string[],
  name: ServiceName,
  docker: Docker,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await containersOf([name.service, ...bound], name, docker, signal);
  const whole = new Map([...found].map(([service, containers]) => [service, containers.map(({ id }) => id)]));
  const isLost = (service: string) => {
    const containers = found.get(service) ?? [];
    const ids = [...whole.values()].flat();
    const isWhole = ({ running, boundTo }: Container) => running && boundTo.every((id) => ids.includes(id));
    return containers.length === 0 || !containers.every(isWhole);
  };
  for (;;) {
    const next = bound.find((service) => whole.has(service) && isLost(service));
    if (next === undefined) return bound.filter((service) => !whole.has(service));
    whole.delete(next);
  }
}
