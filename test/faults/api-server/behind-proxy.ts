import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FaultProxy, startFaultProxy } from '../../../sandbox/faults/index.ts';
import { DEPLOYMENT, WORKER_ACCOUNT } from '../../../sandbox/manifests.ts';
import { until } from '../../../tools/until.ts';
import type { Cast, Stage } from '../../stories/stage.ts';

/** What is deployed before the fault. */
export interface Deployed {
  /** Default: a good version, then a bad one. */
  readonly versions?: readonly string[];
  /** Merged into the Deployment's spec. */
  readonly spec?: object;
  readonly request?: object;
}

/** A service whose worker reaches the API server through a proxy only. */
export interface World extends Deployed {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly proxy: FaultProxy;
  /** Path of the Deployment at the API server. */
  readonly path: string;
  /** The token that the worker has, and the file that it reads it from, as a mounted one is. */
  readonly token: string;
  readonly tokenFile: string;
  /** Another token of the same account. */
  freshToken(): Promise<string>;
  /** Writes to the Deployment that the API server took from the worker. */
  effectiveWrites(): Promise<number>;
  /** Does something when the test is over, however it ends. */
  atEnd(act: () => void): void;
  close(): Promise<void>;
}

/** Only what a rollback needs to end: what checks make of faults is the matter of other tests. */
const CHECKS = {
  health: { needed: 1, every: '50ms', within: '20s' },
  chat: false,
  agents: false,
  metrics: false,
};

let count = 0;

/** Deploys; the worker has read nothing by then. */
export async function openWorld(stage: Stage, deployed: Deployed = {}): Promise<World> {
  const { versions = ['v0.1.0', 'v0.2.0'], spec } = deployed;
  const { cluster } = stage.sandbox;
  const proxy = await startFaultProxy({ upstream: cluster.server, ca: cluster.controlPlane.ca });
  count += 1;
  let [token, tokenFile] = ['', ''];
  const cast = await stage.cast(`fault-${count}`, {
    checks: CHECKS,
    async kubeconfig(file) {
      const config = JSON.parse(await readFile(file, 'utf8'));
      tokenFile = join(dirname(file), `${config.contexts[0].context.namespace}.token`);
      token = config.users[0].user.token;
      await writeFile(tokenFile, token, { mode: 0o600 });
      config.users[0].user = { tokenFile };
      config.clusters[0].cluster = { server: proxy.url };
      await writeFile(file, JSON.stringify(config));
    },
  });
  for (const version of versions) await cast.deploy(version, { replicas: 1, ...(spec ? { spec } : {}) });
  const { namespace } = cast;
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${DEPLOYMENT}`;
  const mark = await cluster.mark();
  const acts: (() => void)[] = [];
  return {
    ...deployed,
    stage,
    cast,
    proxy,
    path,
    token,
    tokenFile,
    async freshToken() {
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${WORKER_ACCOUNT}/token`;
      return (await cluster.api.must('POST', account, { spec: { expirationSeconds: 7200 } })).status.token;
    },
    async effectiveWrites() {
      const requests = await cluster.requests(cast.user, mark);
      return requests.filter(
        ({ verb, requestURI, status }) =>
          verb === 'patch' && requestURI.includes('/deployments/') && status === 200,
      ).length;
    },
    atEnd: (act) => void acts.push(act),
    async close() {
      for (const act of acts) act();
      await cast.close();
      await proxy.close();
      // Each pod is a process: what is left would crowd out the services of the tests to come.
      await cluster.api.call('DELETE', path);
      await until('the pods to end', async () => {
        const { items } = await cluster.api.must('GET', `/api/v1/namespaces/${namespace}/pods`);
        return items.length === 0;
      });
    },
  };
}
