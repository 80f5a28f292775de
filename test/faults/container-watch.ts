import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { type ContainerEvent, parseEvents } from '../../sandbox/compose/events.ts';
import type { ComposeHost } from '../../sandbox/compose/index.ts';
import { until } from '../../tools/until.ts';

/** Everything that an engine did with containers since the watch began; the engine itself remembers 256 events. */
export interface ContainerWatch {
  /** Containers of a project that were made after a moment in milliseconds since 1970. */
  created(project: string, since: number): Promise<readonly ContainerEvent[]>;
  close(): Promise<void>;
}

export function watchContainers(host: ComposeHost): ContainerWatch {
  const events: ContainerEvent[] = [];
  const child = execa(
    'docker',
    ['events', '--since', host.mark(), '--filter', 'type=container', '--format', '{{json .}}'],
    { env: host.environment, extendEnv: false, stdin: 'ignore', reject: false, buffer: false },
  );
  createInterface({ input: child.stdout }).on('line', (line) => events.push(...parseEvents(line)));
  return {
    async created(project, since) {
      // The engine's own memory says how far the watch must have come.
      const last = (await host.events(String((Date.now() - 60_000) / 1000))).at(-1);
      if (last)
        await until('the watch to see the last event', async () => (events.at(-1)?.at ?? 0) >= last.at);
      return events.filter(
        (event) => event.action === 'create' && event.project === project && event.at >= since,
      );
    },
    async close() {
      child.kill('SIGKILL');
      await child;
    },
  };
}
