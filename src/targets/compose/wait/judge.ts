import { isFaultOfEngine } from '../engine/command/engine-faults.ts';
import type { Container } from '../engine/objects/containers.ts';
import { withoutLeftBehind } from '../read/leftovers.ts';

/** What is waited for. */
export interface Expected {
  /** ID of the image that every container must run; without it any. */
  readonly imageId?: string;
  readonly containers: number;
  readonly crashLoopRestarts: number;
  /** Restarts that a container had before the wait began, by its ID. */
  readonly restartsBefore?: Readonly<Record<string, number>>;
  /** Restarts that a container had when it was judged last, by its ID. */
  readonly restartsSeen?: Readonly<Record<string, number>>;
}

/** What the containers of a service are worth at one moment. */
export type Judgement =
  /** All run, and are healthy where they have a healthcheck. `marks` change when one of them was started anew. */
  | { readonly kind: 'good'; readonly marks: string }
  | { readonly kind: 'waiting'; readonly message: string }
  /** The engine has failed to start one, and will not try again: waiting does not help, and says nothing of the version. */
  | { readonly kind: 'not-tried'; readonly message: string }
  /** It will not become good by waiting. */
  | { readonly kind: 'failed'; readonly container: Container; readonly reason: string }
  /** Somebody put another version there. */
  | { readonly kind: 'replaced'; readonly container: Container };

/** What is said of a container that runs and whose version was not tried. */
export const HALF_STARTED = 'is only half started by the engine, which was cut off from its containerd';

/** Judges the containers of a service. Pure; how long good has to last is the caller's. */
export function judgeStart(found: readonly Container[], expected: Expected): Judgement {
  const containers = withoutLeftBehind(found);
  const { imageId } = expected;
  const other = containers.find((container) => imageId !== undefined && container.imageId !== imageId);
  if (other) return { kind: 'replaced', container: other };
  for (const container of containers) {
    const reason = startFailureOf(container, expected);
    if (reason) return { kind: 'failed', container, reason };
  }
  const notTried = containers.map(notTriedBecause).find(Boolean);
  if (notTried) return { kind: 'not-tried', message: notTried };
  const good = containers.filter(isGood);
  const waiting = containers.find((container) => !isGood(container));
  if (waiting || containers.length < expected.containers) {
    const last = waiting ? `, ${waiting.name} is ${stateOf(waiting)}` : '';
    return { kind: 'waiting', message: `${good.length} of ${expected.containers} containers are up${last}` };
  }
  return { kind: 'good', marks: good.map(({ id, startedAt }) => `${id} ${startedAt}`).join() };
}

function notTriedBecause({ name, halfStarted, running, error }: Container): string | undefined {
  if (halfStarted) return `${name} ${HALF_STARTED}`;
  return !running && isFaultOfEngine(error) ? `the engine could not start ${name} (${error})` : undefined;
}

function isGood({ running, restarting, status, health }: Container): boolean {
  return running && !restarting && status === 'running' && (health === undefined || health === 'healthy');
}

/**
 * `exited` is the engine's last word: while its restart policy still acts, a container is `restarting`. One that runs has
 * recovered, however often it was restarted, until it ends again: how long it has to run is the caller's.
 */
function startFailureOf(
  container: Container,
  { crashLoopRestarts, restartsBefore, restartsSeen }: Expected,
): string | undefined {
  const { status, running, restarting, exitCode, oomKilled, error, health } = container;
  const restarts = container.restarts - (restartsBefore?.[container.id] ?? 0);
  const memory = oomKilled ? ', out of memory' : '';
  const because = error ? ` (${error})` : '';
  if (restarts < crashLoopRestarts && notTriedBecause(container)) return undefined;
  if (status === 'exited' || status === 'dead')
    return `has ended with exit code ${exitCode}${memory}${because}`;
  if (status === 'created' && error) return `cannot be started${because}`;
  const hasEndedAgain = container.restarts > (restartsSeen?.[container.id] ?? container.restarts);
  const runs = running && !restarting && !container.halfStarted;
  if (restarts >= crashLoopRestarts && (!runs || hasEndedAgain)) {
    // The engine forgets the exit code as soon as the container runs again.
    const last = running && !restarting ? '' : `, the last time after exit code ${exitCode}${memory}`;
    return `was restarted ${restarts} times${last}`;
  }
  return health === 'unhealthy' ? 'is unhealthy: its healthcheck fails' : undefined;
}

function stateOf({ status, health, restarts }: Container): string {
  if (status === 'running' && health !== undefined) return `running, health ${health}`;
  return restarts > 0 ? `${status}, ${restarts} restarts` : status;
}
