import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apiStatus,
  brokenJson,
  type Fault,
  type FaultProxy,
  hang,
  hangUp,
  html,
  huge,
  startFaultProxy,
} from '../../../../sandbox/faults/index.ts';
import { createKubernetesTarget } from '../../../../src/targets/kubernetes/index.ts';
import type { RollbackTarget } from '../../../../src/targets/target.ts';
import { until } from '../../../../tools/until.ts';
import { context, errorOf, openWorld } from '../world.ts';
import { planned, preconditionRights } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const grant = preconditionRights(cluster);

describe('what the API server does not answer', () => {
  let proxy: FaultProxy;
  let worker: RollbackTarget;
  let plan: Awaited<ReturnType<typeof planned>>;
  beforeAll(async () => {
    proxy = await startFaultProxy({ upstream: cluster().server, ca: cluster().controlPlane.ca });
    const of = await service(['v0.1.0', 'v0.2.0'], { template: { imagePullSecrets: [{ name: 'login' }] } });
    await grant(of, { nodes: false });
    plan = await planned(of.target);
    const config = JSON.parse(await readFile(of.profile.kubeconfig ?? '', 'utf8'));
    config.clusters[0].cluster = { server: proxy.url };
    const file = `${of.profile.kubeconfig}-proxied`;
    await writeFile(file, JSON.stringify(config));
    worker = createKubernetesTarget({ ...of.profile, kubeconfig: file });
    // The cluster goes by its address: the plan was made by another one.
    const { cluster: _meant, ...pin } = plan.pin as typeof plan.pin & { cluster?: unknown };
    plan = { ...plan, pin };
  });
  afterAll(async () => {
    await worker.close();
    await proxy.close();
  });

  it.each<[string, Fault, RegExp]>([
    ['an error of its own', apiStatus(503, 'etcd is away'), /^could not list resourcequotas: etcd is away$/],
    [
      'an error of its own that names addresses',
      apiStatus(503, 'dial tcp 10.1.2.3:2379: lookup etcd-0 on [fd00::1]:53'),
      /^could not list resourcequotas: dial tcp …: lookup … on …$/,
    ],
    ['too many requests', apiStatus(429), /^could not list resourcequotas/],
    ['a closed connection', hangUp, /^could not list resourcequotas: /],
    ['half an answer', brokenJson, /^could not list resourcequotas: /],
    ['a page for people', html, /^could not list resourcequotas: /],
    ['more than is read', huge(40 * 1024 * 1024), /^could not list resourcequotas: .*larger than/],
  ])('is unknown, and costs nothing else: %s', async (_what, fault, says) => {
    const rule = proxy.rule({ path: /resourcequotas/ }, fault);
    try {
      const found = (await worker.preconditions?.(plan, context)) ?? [];
      const quota = found.find(({ id }) => id === 'quota');
      expect(quota).toMatchObject({ state: 'unknown', says: expect.stringMatching(says) });
      expect(quota).not.toHaveProperty('remedy');
      expect(found.find(({ id }) => id === 'autoscaler')).toMatchObject({ state: 'met' });
    } finally {
      rule.remove();
    }
  });

  it('ends with its caller', async () => {
    const rule = proxy.rule({ path: /resourcequotas/ }, hang);
    const stop = new AbortController();
    const stopped = errorOf(worker.preconditions?.(plan, { signal: stop.signal }) ?? Promise.resolve());
    await until('the request to hang', async () => rule.hits.length > 0);
    stop.abort(new Error('stopped'));
    expect((await stopped).message).toBe('stopped');
    rule.remove();
  });

  it('no login is had of a Secret that is not answered, and none is said', async () => {
    const rule = proxy.rule({ path: /secrets/ }, apiStatus(500, 'password=hunter2'));
    expect(await worker.pullCredentials?.(plan, context)).toEqual({
      logins: [],
      unread: expect.arrayContaining([{ says: expect.stringMatching(/^secrets\/\S+ could not be read$/) }]),
    });
    rule.remove();
  });
});
