import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { DEPLOYMENT } from '../../../sandbox/manifests.ts';
import { until } from '../../../tools/until.ts';
import { selfSigned } from './certificate.ts';
import { passedRecord } from './passed-record.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** What a webhook says to a write; nothing lets it pass. */
type Refusal = { readonly code: number; readonly message: string; readonly reason?: string } | undefined;

/** A validating webhook on this machine for what service accounts write in a namespace. */
async function webhook({ namespace }: Service, resource: 'deployments' | 'configmaps') {
  const { cert, key } = selfSigned('webhook');
  let refusal: Refusal;
  let [asked, seen] = [0, 0];
  const server = createServer({ cert, key }, async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { uid, userInfo } = JSON.parse(body).request;
    seen += 1;
    const isTheirs = userInfo.username.startsWith('system:serviceaccount:');
    if (isTheirs) asked += 1;
    const status = isTheirs ? refusal : undefined;
    const answer = { uid, allowed: status === undefined, ...(status ? { status } : {}) };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const name = `${namespace}-${resource}`;
  const collection = `${REGISTRATION}/validatingwebhookconfigurations`;
  await cluster().api.must('POST', collection, {
    metadata: { name },
    webhooks: [
      {
        name: 'freeze.example.com',
        clientConfig: {
          url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
          caBundle: Buffer.from(cert).toString('base64'),
        },
        rules: [
          {
            apiGroups: ['apps', ''],
            apiVersions: ['v1'],
            resources: [resource],
            operations: ['CREATE', 'UPDATE'],
          },
        ],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  });
  open.push(() => cluster().api.must('DELETE', `${collection}/${name}`));
  await until('the webhook to be asked', async () => {
    await probe(namespace, resource);
    return seen > 0;
  });
  return {
    refuse(next: Refusal) {
      refusal = next;
      asked = 0;
    },
    /** Writes of the worker since then. */
    asked: () => asked,
  };
}

/** A dry run of a write; the status of its answer. */
async function probe(namespace: string, resource: 'deployments' | 'configmaps'): Promise<number> {
  const { api } = cluster();
  const metadata = { name: DEPLOYMENT, labels: { probe: 'x' } };
  const { status } =
    resource === 'deployments'
      ? await api.call(
          'PATCH',
          `/apis/apps/v1/namespaces/${namespace}/deployments/${DEPLOYMENT}?dryRun=All`,
          { metadata },
          MERGE_PATCH,
        )
      : await api.call('POST', `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`, { metadata });
  return status;
}

describe('K22 a refusal by admission', () => {
  test('is a decision, whatever its code, and names who refused', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const hook = await webhook(of, 'deployments');
    const pin = await of.pin();
    const { metadata } = await of.live();
    for (const code of [400, 401, 403, 404, 409, 410, 413, 422, 423, 429, 500, 503, 504]) {
      hook.refuse({ code, message: 'releases are frozen until Monday', reason: 'Conflict' });
      const error = await errorOf(of.target.rollBack(pin, context));
      expect({ code, ...error, message: error.message }).toMatchObject({
        code,
        type: 'WriteRejected',
        retryable: false,
      });
      expect(error.message).toContain(
        'admission webhook "freeze.example.com" denied the request: releases are frozen until Monday',
      );
    }
    expect((await of.live()).metadata.generation).toBe(metadata.generation);
    hook.refuse(undefined);
    await expect(of.target.rollBack(pin, context)).resolves.toMatchObject({ changed: true });
  });

  test('without a word of why is one too', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const hook = await webhook(of, 'deployments');
    hook.refuse({ code: 0, message: '' });
    const error = await errorOf(of.target.rollBack(await of.pin(), context));
    expect(error).toMatchObject({ type: 'WriteRejected', retryable: false });
    expect(error.message).toContain('admission webhook "freeze.example.com" denied the request');
  });

  test('is no webhook that does not answer: that passes, and is tried again', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await webhook(of, 'deployments');
    await open.shift()?.();
    const error = await errorOf(of.target.rollBack(await of.pin(), context));
    expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
    expect(error.message).toContain('failed calling webhook "freeze.example.com"');
  });

  test.each(['Forbidden', 'Invalid', 'RequestEntityTooLarge'])(
    'by a ValidatingAdmissionPolicy with the reason %s is one too',
    async (reason) => {
      const of = await service(['v0.1.0', 'v0.2.0']);
      await policy(of, reason);
      const error = await errorOf(of.target.rollBack(await of.pin(), context));
      expect(error).toMatchObject({ type: 'WriteRejected', retryable: false });
      expect(error.message).toContain('denied request: frozen');
    },
  );

  test('of evidence says what could not be written, and is not tried again', async () => {
    const of = await service(['v0.1.0']);
    const hook = await webhook(of, 'configmaps');
    const record = passedRecord(await of.target.observe(context));
    for (const code of [404, 409]) {
      hook.refuse({ code, message: 'no more objects' });
      const error = await errorOf(of.target.recordKnownGood(record, context));
      expect(error).toMatchObject({ type: 'RecordFailed', retryable: false });
      expect(error.message).toContain('no more objects');
      expect(hook.asked()).toBe(1);
    }
  });
});

/** A policy that refuses what the worker patches in a namespace. */
async function policy({ namespace }: Service, reason: string): Promise<void> {
  const name = `${namespace}-${reason.toLowerCase()}`;
  const { api } = cluster();
  await api.must('POST', `${REGISTRATION}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
        ],
      },
      validations: [
        {
          expression:
            '!request.userInfo.username.startsWith("system:serviceaccount:") && !(has(object.metadata.labels) && "probe" in object.metadata.labels)',
          message: 'frozen',
          reason,
        },
      ],
    },
  });
  open.push(() => api.must('DELETE', `${REGISTRATION}/validatingadmissionpolicies/${name}`));
  await api.must('POST', `${REGISTRATION}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  open.push(() => api.must('DELETE', `${REGISTRATION}/validatingadmissionpolicybindings/${name}`));
  await until('the policy to be in force', async () => (await probe(namespace, 'deployments')) >= 400);
}
