/** What the test files of one vitest worker share, one file after the other: opened when the first one asks for it. */
import { setImmediate } from 'node:timers/promises';
import type { ComposeHost } from '../../sandbox/compose/index.ts';
import { openSandbox, type Sandbox, type SandboxCluster } from '../../sandbox/index.ts';
import type { SandboxPrometheus } from '../../sandbox/prometheus/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { PLACE, type Worlds } from './place.ts';

/** Pods in a namespace with this beginning are containers of the test's process, and ready at once. */
export const INSTANT = 'instant-';

/** A Docker engine with registry and Compose. */
export async function sharedComposeHost(): Promise<ComposeHost> {
  return (await shared('compose host', () => openSandbox({ compose: true }))).composeHost;
}

/** A Kubernetes cluster. */
export async function sharedCluster(): Promise<SandboxCluster> {
  const instantReady = (namespace: string) => namespace.startsWith(INSTANT);
  return (await shared('cluster', () => openSandbox({ kubernetes: { instantReady } }))).cluster;
}

/** A Prometheus: targets and series of earlier files are still in it. */
export async function sharedPrometheus(): Promise<SandboxPrometheus> {
  return (await shared('prometheus', () => openSandbox({ prometheus: { scrapeEveryMs: 250 } }))).prometheus;
}

/** A Temporal server, with or without its web interface. */
export async function sharedTemporal(ui: boolean): Promise<TemporalServer> {
  const { temporal } = await shared(ui ? 'temporal with ui' : 'temporal', () =>
    openSandbox({ temporal: { ui } }),
  );
  if (!temporal) throw new Error('a sandbox without a Temporal server');
  return temporal;
}

/** One that could not be opened, or of which a failed test has left a part dead, is opened anew for the next file. */
async function shared<S extends Sandbox>(name: string, open: () => Promise<S>): Promise<S> {
  const { opened } = worlds();
  const known = opened.get(name) as Promise<S> | undefined;
  if (known && (await isWhole(known))) return known;
  await known?.then((dead) => dead.close());
  const opening = open();
  opened.set(name, opening);
  opening.catch(() => opened.delete(name));
  return opening;
}

/** Whether every server runs, as far as a sandbox was opened. */
async function isWhole(opened: Promise<Sandbox>): Promise<boolean> {
  const { temporal, cluster, composeHost, prometheus } = await opened;
  const kept = [
    temporal?.process,
    ...Object.values(cluster?.controlPlane.processes ?? {}),
    composeHost?.engine,
    composeHost?.registry.process,
    prometheus?.process,
  ].filter((one) => one !== undefined);
  const first = Promise.race(kept.map((one) => one.current().exited.then(() => false)));
  return Promise.race([first, setImmediate(true)]);
}

/** Of the process and not of this module: the environment that closes them is loaded apart from the tests. */
function worlds(): Worlds {
  const holder = globalThis as { [PLACE]?: Worlds };
  holder[PLACE] ??= {
    opened: new Map(),
    async close() {
      const sandboxes = await Promise.allSettled(this.opened.values());
      this.opened.clear();
      await Promise.all(sandboxes.map((one) => one.status === 'fulfilled' && one.value.close()));
    },
  };
  return holder[PLACE];
}
