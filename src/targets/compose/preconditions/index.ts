import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { parseImage } from '../../../domain/versions/versions.ts';
import type { Docker } from '../engine/docker.ts';
import { leadingContainer } from '../read/observed-state.ts';
import type { StepCache } from '../read/step-cache.ts';
import { judgeControllers } from './conflicting-controller.ts';
import { judgePlatform } from './platform.ts';
import { freeOf, judgeRoom } from './room.ts';
import { seen } from './seen.ts';

/** What a change of a service would meet. */
export interface PlannedChange {
  readonly source: ComposeSource;
  readonly version: string;
  readonly service: string;
  /** What the pinned image is for, where its registry has told. */
  readonly platforms?: readonly string[] | undefined;
}

/** What only the engine can tell of whether a rollback may go ahead (runbook 2): a finding each. */
export async function findObstacles(
  { source, version, service, platforms }: PlannedChange,
  docker: Docker,
  step: Pick<StepCache, 'containers' | 'name' | 'model'>,
  signal: AbortSignal,
): Promise<readonly PreconditionFinding[]> {
  const [{ project }, containers] = await Promise.all([step.name(), seen(() => step.containers())]);
  const container = 'is' in containers ? leadingContainer(containers.is) : undefined;
  const [machine, local, running, neighbours, definition] = await Promise.all([
    seen(() => docker.machine(signal)),
    seen(() => imageOf(source, docker, signal)),
    seen(async () => container && docker.imageFacts(container.imageId, signal)),
    seen(() => docker.neighbours(signal)),
    seen(async () => (await step.model()).definition),
  ]);
  const free = await seen(async () => {
    if ('unread' in machine) return undefined;
    return freeOf(machine.is, await docker.endpoint(signal));
  });
  const there = 'is' in local ? local.is : undefined;
  const wanted = 'is' in definition ? definition.is.platform : undefined;
  return [
    judgePlatform(
      {
        version,
        platforms,
        local: there?.platform,
        running: 'is' in running ? running.is?.platform : undefined,
        ...(typeof wanted === 'string' && wanted !== '' ? { wanted } : {}),
      },
      machine,
    ),
    judgeRoom(
      { version, isThere: there !== undefined, running: 'is' in running ? running.is?.size : undefined },
      free,
    ),
    { id: 'disruption-budget', state: 'met', says: 'an engine has no PodDisruptionBudgets' },
    {
      id: 'autoscaler',
      state: 'met',
      says: 'an engine has no autoscaler: the number of containers is that of the file',
    },
    judgeControllers(
      {
        project,
        service,
        labels: container?.labels ?? {},
        isByDigest: parseImage(source.image).digest !== undefined,
      },
      'is' in containers ? neighbours : containers,
    ),
  ];
}

/** As the change will look for it on the engine. */
async function imageOf({ digest, imageId, image }: ComposeSource, docker: Docker, signal: AbortSignal) {
  const exact = digest ? `${parseImage(image).repository}@${digest}` : (imageId ?? image);
  const found = await docker.imageFacts(exact, signal);
  return found ?? (imageId ? docker.imageFacts(imageId, signal) : undefined);
}
