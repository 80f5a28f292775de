import type { ChangeParts } from './change-parts.ts';
import type { Container } from './engine/containers.ts';
import type { Docker } from './engine/docker.ts';
import { engineError } from './engine/engine-error.ts';
import type { LoadedProject } from './load-project.ts';
import { leadingContainer } from './observed-state.ts';
import type { ProjectChange } from './project-change.ts';

type Name = ChangeParts['name'];

/** The services bound to this one whose containers run. */
export async function runningBound(
  { service, invocation }: LoadedProject,
  docker: Docker,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await containersOf(
    service.bound,
    { project: invocation.project, service: service.name },
    docker,
    signal,
  );
  return service.bound.filter((name) => leadingContainer(found.get(name) ?? [])?.running);
}

/** What a plan that makes the container anew means for them. */
export function boundWarning(bound: readonly string[], service: string, kept: boolean): readonly string[] {
  if (bound.length === 0) return [];
  const names = bound.join(', ');
  const share = `${names} (namespace or volumes shared with ${service})`;
  return [
    kept
      ? `${share}: left as they are by sharedNamespaces: keep, they lose what they share until docker compose up -d --no-deps ${bound.join(' ')}`
      : `${share}: are made anew with it`,
  ];
}

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
  name: Name,
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

async function containersOf(
  services: readonly string[],
  { project }: Name,
  docker: Docker,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Container[]>> {
  const found = services.map(
    async (service) => [service, await docker.containers({ project, service }, signal)] as const,
  );
  return new Map(await Promise.all(found));
}
