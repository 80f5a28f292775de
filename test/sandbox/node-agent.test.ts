import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { KubernetesApi, KubernetesObject } from '../../sandbox/control-plane/api.ts';
import { openImageRegistry } from '../../sandbox/node-agent/image-registry.ts';
import { startNodeAgent } from '../../sandbox/node-agent/index.ts';
import type { RunningContainer } from '../../sandbox/node-agent/pod-process.ts';
import { PodWorker } from '../../sandbox/node-agent/pod-worker.ts';
import type { Processes } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';

function pod(readinessProbe: object = {}): KubernetesObject {
  return {
    metadata: { name: 'one', namespace: 'space', uid: 'uid-1' },
    spec: { containers: [{ name: 'main', image: 'phoenix-orch:v0.1.0', readinessProbe }] },
  };
}

function apiWith(call: KubernetesApi['call']): KubernetesApi {
  return {
    server: '',
    call,
    must: async () => ({ metadata: { resourceVersion: '1' }, items: [pod()] }),
    async *watch(_, signal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    close: async () => undefined,
  };
}

test('closing waits for a pod that was just beginning, and its failure then is nobody’s', async () => {
  const events: string[] = [];
  const note = (reason: Error) => void events.push(`unhandled: ${reason.message}`);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  let fail: (() => void) | undefined;
  const api = apiWith(
    () =>
      new Promise((_, reject) => {
        fail = () => {
          events.push('the binding failed');
          reject(new Error('the client is destroyed'));
        };
      }),
  );
  const agent = await startNodeAgent(api, {} as Processes);
  const binding = await until('the binding', async () => fail);
  const closing = agent.close().then(() => events.push('closed'));
  // The request takes longer than the rest of closing.
  setTimeout(binding, 50);
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['the binding failed', 'closed']);
});

/** Readiness as it is reported for a pod whose probes are answered in turn with these statuses, the last for ever. */
async function readinessOver(answers: readonly number[], probe: object): Promise<readonly boolean[]> {
  let asked = 0;
  const server = createServer((_, response) => {
    response.writeHead(answers[Math.min(asked, answers.length - 1)] ?? 500).end();
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reported: boolean[] = [];
  const api = apiWith(async (_method, _path, body: KubernetesObject) => {
    reported.push(body.status.containerStatuses[0].ready);
    return { status: 200, body: {} };
  });
  let end: RunningContainer['stop'] = async () => undefined;
  const exited = new Promise<{ code: number; signal: null }>((resolve) => {
    end = async () => resolve({ code: 0, signal: null });
  });
  const container = { pid: 1, exited, stop: () => end(0) } as unknown as RunningContainer;
  const worker = new PodWorker(pod(probe), {
    api,
    runtime: async () => container,
    registry: openImageRegistry(),
    apiPort: (server.address() as AddressInfo).port,
    metricsPort: 1,
    address: '127.0.0.1',
    instance: 0,
    instantReady: false,
    pullError: () => undefined,
  });
  const run = worker.run();
  await until('all probes', async () => asked > answers.length);
  await worker.stop();
  await run;
  server.closeAllConnections();
  server.close();
  return reported;
}

test('a pod becomes ready at its first good probe, and unready after three bad ones in a row', async () => {
  expect(await readinessOver([503, 200, 503, 503, 200, 503, 503, 503], {})).toEqual([false, true, false]);
});

test('two bad probes leave a ready pod as it is', async () => {
  expect(await readinessOver([503, 200, 503, 503, 200], {})).toEqual([false, true]);
});

test('the pod says how many bad probes it bears', async () => {
  expect(await readinessOver([200, 503, 200], { failureThreshold: 1 })).toEqual([false, true, false, true]);
});
