import type { Docker } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import { leadingContainer } from './observed-state.ts';
import type { StepCache } from './step-cache.ts';

/** The services bound to this one whose containers run. */
export async function runningBound(
  step: Pick<StepCache, 'project' | 'containersOf'>,
): Promise<readonly string[]> {
  const { bound } = (await step.project()).service;
  const found = await Promise.all(bound.map((service) => step.containersOf(service)));
  return bound.filter((_, index) => leadingContainer(found[index] ?? [])?.running);
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

/** The containers of these services. */
export async function containersOf(
  services: readonly string[],
  { project }: ServiceName,
  docker: Docker,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Container[]>> {
  const found = services.map(
    async (service) => [service, await docker.containers({ project, service }, signal)] as const,
  );
  return new Map(await Promise.all(found));
}
