import type { ProjectChange } from '../state/project-change.ts';
import { StartFailed } from '../wait/start-wait.ts';
import { bringUp, CannotStart } from './bring-up.ts';
import type { ChangeParts } from './change-parts.ts';
import { invocationFor } from './invocation.ts';

/**
 * The last part of a rollback once more, for a container that the engine has failed to start: Compose starts it, or
 * makes it anew where it can never start, from the files as the rollback has left them. The journal says that it is under way, so that the next attempt of the
 * wait begins with it. It is not cancelled half-way: a service without a container belongs to nobody's plan.
 * @throws StartFailed when the engine refuses the container. Passing errors are thrown as they are.
 */
export async function startedAgain(change: ProjectChange, parts: ChangeParts): Promise<void> {
  const { signal } = new AbortController();
  const { id, to, containerIds } = change;
  const { journal, step, clock } = parts;
  await journal.advance(id, 'starting');
  const { image = to.image } = await step.sharedWith(signal).model();
  const invocation = await invocationFor(to, image, parts, signal);
  const isStale = (container: string) => containerIds.includes(container);
  try {
    const destination = { side: to, invocation, isStale };
    const containers = await bringUp({ ...change, phase: 'starting' }, destination, parts, signal);
    const endedAt = new Date(clock()).toISOString();
    await journal.advance(id, 'started', { endedAt, made: containers.map((container) => container.id) });
  } catch (error) {
    if (error instanceof CannotStart) throw new StartFailed(error.message);
    throw error;
  }
}
