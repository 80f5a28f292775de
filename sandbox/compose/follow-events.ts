import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainerEvent, parseEvents } from './events.ts';

/** What happened with containers, kept although the engine forgets it when it is killed. */
export interface FollowedEvents extends AsyncDisposable {
  /** All of them up to this moment, oldest first. */
  upToNow(): Promise<readonly ContainerEvent[]>;
}

const AGAIN_MS = 50;

/**
 * Follows the engine's events from a mark on, over restarts of the engine.
 * @param docker path of the Docker command.
 * @param ask what happened since a mark, as far as the engine remembers.
 */
export function followEvents(
  docker: string,
  environment: Readonly<Record<string, string>>,
  mark: string,
  ask: (since: string) => Promise<readonly ContainerEvent[]>,
): FollowedEvents {
  const seen: ContainerEvent[] = [];
  const known = new Set<string>();
  const over = new AbortController();
  let since = mark;
  let child: ChildProcess | undefined;

  function take(events: readonly ContainerEvent[]): void {
    for (const event of events) {
      const key = `${event.container} ${event.action} ${event.at}`;
      if (known.has(key)) continue;
      known.add(key);
      seen.push(event);
      since = (event.at / 1000).toFixed(3);
    }
  }

  async function follow(): Promise<void> {
    while (!over.signal.aborted) {
      const args = ['events', '--since', since, '--filter', 'type=container', '--format', '{{json .}}'];
      const running = spawn(docker, args, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
      child = running;
      const lines = createInterface({ input: running.stdout });
      lines.on('line', (line) => take(parseEvents(line)));
      await new Promise((resolve) => running.once('close', resolve));
      await sleep(AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  }
  const following = follow();

  return {
    async upToNow() {
      take(await ask(since));
      return seen;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      child?.kill('SIGKILL');
      await following;
    },
  };
}
