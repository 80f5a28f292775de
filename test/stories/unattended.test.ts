import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubernetesObject } from '../../sandbox/control-plane/api.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { freePorts } from '../../tools/ports.ts';
import { until } from '../../tools/until.ts';
import { imageNow, ready } from './asked.ts';
import { openStage, type Stage, told } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const RESTORES = {
  decisions: { wait: '0s', steps: { 'wait-for-rollout': { atDeadline: 'restore-snapshot' } } },
  followThrough: { for: '0s' },
};
const LIMITED =
  '429 Too Many Requests - Server message: denied: toomanyrequests: You have reached your pull rate limit.';

it('K15 a default that restores the snapshot does not act on a pull that may pass', async () => {
  const cast = await ready(stage, 'limited-pull', ['v0.1.0', 'v0.2.0'], RESTORES);
  const allow = stage.sandbox.cluster.node.failPulls(cast.namespace, 'v0.1.0', LIMITED);
  const handle = await cast.start({ target: '0.1.0' });
  const { api } = stage.sandbox.cluster;
  await until('the wait to watch the pods', async () => {
    const asked = await stage.sandbox.cluster.requests(cast.user, 0);
    return asked.some(({ verb, requestURI }) => verb === 'watch' && requestURI.includes('/pods?'));
  });
  // A whole round of the kubelet that the wait has to bear.
  for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ErrImagePull']) {
    await until(reason, async () => {
      const { items } = await api.must('GET', `/api/v1/namespaces/${cast.namespace}/pods`);
      return items.some(({ status }: KubernetesObject) =>
        status.containerStatuses?.some(({ state }: KubernetesObject) => state.waiting?.reason === reason),
      );
    });
  }
  allow();
  const ended = await cast.end(handle);
  expect(ended).toMatchObject({ outcome: 'rolled-back' });
  expect(ended.events ?? []).toEqual([]);
  expect(await imageNow(cast)).toBe(imageOf('v0.1.0'));
});

it('K15 it acts on what the registry refuses', async () => {
  const cast = await ready(stage, 'refused-pull', ['v0.1.0', 'v0.2.0'], RESTORES);
  const no = 'rpc error: code = NotFound desc = failed to pull and unpack image: manifest unknown';
  stage.sandbox.cluster.node.failPulls(cast.namespace, 'v0.1.0', no);
  const ended = await cast.rollback({ target: '0.1.0' });
  expect(ended.outcome).toBe('restored');
  expect(ended.events?.at(-1)).toMatchObject({ answer: 'restore-snapshot' });
  expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
});

it('S2 tries nothing behind health when health reaches nobody, and says where it knocked', async () => {
  const [port] = await freePorts(1);
  const place = `127.0.0.1:${port}`;
  const quick = { health: { needed: 2, every: '100ms', within: '1s' } };
  const cast = await ready(stage, 'nobody', ['v0.1.0'], { ...RESTORES, endpoint: `http://${place}` }, quick);
  const report = await cast.verify();
  expect(report.outcome).toBe('not-known-good');
  expect(told(report).filter((step) => step.startsWith('verify-'))).toEqual(['verify-health inconclusive']);
  expect(report.summary).toMatch(
    new RegExp(
      `health reached nobody in \\d+ probes: connection refused at ${place}/health; not tried: chat, agents, metrics`,
    ),
  );
});
