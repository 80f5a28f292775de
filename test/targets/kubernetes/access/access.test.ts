import { describe, expect, it } from 'vitest';
import { replicaSet } from '../objects.ts';
import type { StubApi } from '../stub-api.ts';
import { closeAfterEach, stubbedService, v2 } from '../stubbed.ts';
import { context, errorOf, PREVIOUS } from '../support.ts';
import { template } from '../template.ts';

closeAfterEach();

/** 0.1.0, as it needs a ConfigMap, a Secret and a ServiceAccount. */
const needy = template({
  spec: {
    serviceAccountName: 'runner',
    containers: [
      {
        name: 'orchestrator',
        image: 'registry.example/phoenix-orch:v0.1.0',
        envFrom: [{ secretRef: { name: 'keys' } }, { configMapRef: { name: 'settings' } }],
      },
    ],
  },
});
const NEEDS = [
  ['configmaps', 'settings', 'configmap/settings'],
  ['secrets', 'keys', 'secret/keys'],
  ['serviceaccounts', 'runner', 'serviceaccount/runner'],
] as const;

async function needyService() {
  const of = await stubbedService();
  of.stub.put('replicasets', replicaSet(1, needy));
  for (const [kind, name] of NEEDS) of.stub.put(kind, { metadata: { name } });
  return of;
}

/** The review says that the worker may do everything but this with ConfigMaps. */
function withoutOnConfigMaps(stub: StubApi, ...missing: string[]): void {
  const all = ['get', 'list', 'watch', 'patch', 'create'];
  stub.on(
    /^POST selfsubjectrulesreviews/,
    ({ json }) =>
      json(201, {
        status: {
          resourceRules: [
            { verbs: all, apiGroups: ['apps'], resources: ['*'] },
            { verbs: all, apiGroups: [''], resources: ['pods', 'podtemplates'] },
            {
              verbs: all.filter((verb) => !missing.includes(verb)),
              apiGroups: [''],
              resources: ['configmaps'],
            },
            {
              verbs: all,
              apiGroups: [''],
              resources: ['configmaps'],
              resourceNames: ['orchestrator-known-good'],
            },
          ],
        },
      }),
    10,
  );
}

describe('checkAccess', () => {
  it('finds what the target needs', async () => {
    const { target } = await needyService();
    const { summary } = await target.checkAccess(PREVIOUS, context);
    expect(summary).toContain('references present: configmap/settings, secret/keys, serviceaccount/runner');
  });

  it.each(NEEDS)('names what is gone: %s', async (kind, name, reference) => {
    const { stub, target } = await needyService();
    await target.checkAccess(PREVIOUS, context);
    // Found a moment ago: that is no proof that it is still there.
    stub.remove(kind, name);
    const error = await errorOf(target.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'ReferenceMissing' });
    expect(error.message).toContain(`0.1.0 needs ${reference} in namespace phoenix`);
  });

  it('asks for metadata alone, so that a Secret does not travel', async () => {
    const { stub, target } = await needyService();
    const accepted: unknown[] = [];
    stub.on(/^GET secrets/, ({ headers, serve }) => {
      accepted.push(headers.accept);
      serve();
    });
    await target.checkAccess(PREVIOUS, context);
    expect(accepted).toEqual([expect.stringContaining('PartialObjectMetadata')]);
  });

  it('K7 reads a Secret only where its metadata leaves a key in doubt', async () => {
    const { stub, target } = await needyService();
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } }];
    const containers = [{ name: 'orchestrator', image: 'registry.example/phoenix-orch:v0.1.0', env }];
    stub.put('replicasets', replicaSet(1, template({ spec: { containers } })));
    const accepted: unknown[] = [];
    stub.on(
      /^GET secrets/,
      ({ headers, serve }) => {
        accepted.push(String(headers.accept).includes('PartialObjectMetadata'));
        serve();
      },
      10,
    );
    const managedFields = [{ fieldsV1: { 'f:data': { '.': {}, 'f:token': {} } } }];
    stub.put('secrets', { metadata: { name: 'keys', managedFields }, data: { token: 'YQ==' } });
    await expect(target.checkAccess(PREVIOUS, context)).resolves.toBeDefined();
    expect(accepted.splice(0)).toEqual([true]);
    stub.put('secrets', { metadata: { name: 'keys' }, data: { token: 'YQ==' } });
    await expect(target.checkAccess(PREVIOUS, context)).resolves.toBeDefined();
    expect(accepted.splice(0)).toEqual([true, false]);
    stub.put('secrets', { metadata: { name: 'keys' }, data: { other: 'YQ==' } });
    expect((await errorOf(target.checkAccess(PREVIOUS, context))).message).toContain(
      'key token of secret/keys',
    );
  });

  it('K7 takes an object that is being deleted for one that is gone', async () => {
    const { stub, target } = await needyService();
    stub.put('secrets', { metadata: { name: 'keys', deletionTimestamp: '2026-11-23T03:00:00Z' } });
    expect((await errorOf(target.checkAccess(PREVIOUS, context))).message).toContain(
      'secret/keys (it is being deleted)',
    );
  });

  it('K7 does not take an API server without a kind for one without the object', async () => {
    const { stub, target } = await needyService();
    const spec = { resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] };
    stub.put('replicasets', replicaSet(1, template({ spec })));
    stub.on(/resourceclaims|GET gpu/, ({ status }) => status(404, '404 page not found'));
    const { warnings } = await target.checkAccess(PREVIOUS, context);
    expect(warnings).toContain('could not check resourceclaim/gpu: this API server does not have its kind');
  });

  it('says what it could not see, and does not stand in the way', async () => {
    const { stub, target } = await needyService();
    stub.on(/^GET secrets/, ({ status }) => status(403, 'forbidden'));
    const { summary, warnings } = await target.checkAccess(PREVIOUS, context);
    expect(warnings).toContain('could not check secret/keys: the worker may not get it');
    expect(summary).not.toContain('secret/keys');
  });

  it('does not take a failing API server for a missing object', async () => {
    const { stub, target } = await needyService();
    stub.on(/^GET secrets/, ({ status }) => status(500, 'etcd'));
    expect(await errorOf(target.checkAccess(PREVIOUS, context))).toMatchObject({ type: 'Unreachable' });
  });

  it('asks for permissions once in five minutes', async () => {
    const { stub, target } = await stubbedService();
    await target.checkAccess(PREVIOUS, context);
    await target.checkAccess(PREVIOUS, context);
    expect(stub.asked.filter((what) => what.startsWith('POST selfsubject'))).toHaveLength(1);
  });

  it('leaves a permission that was revoked since to the write, which is refused', async () => {
    const { stub, target, pin } = await stubbedService();
    await target.checkAccess(PREVIOUS, context);
    const wanted = await pin();
    const message =
      'deployments.apps "orchestrator" is forbidden: User "x" cannot patch resource "deployments"';
    stub.on(/^PATCH/, ({ status }) => status(403, message));
    expect(await errorOf(target.rollBack(wanted, context))).toMatchObject({ type: 'AccessDenied' });
  });
});

describe('checkAccess, where no ReplicaSet will keep the version that runs', () => {
  it.each([
    ['get', 'the history is not kept', { spec: { revisionHistoryLimit: 0 } }],
    ['create', 'the history is not kept', { spec: { revisionHistoryLimit: 0 } }],
    [
      'create',
      'its ReplicaSet is not there yet',
      { template: template(), status: { observedGeneration: 3 } },
    ],
  ])('needs to %s ConfigMaps when %s', async (verb, _why, change) => {
    const { stub, target, change: make } = await stubbedService();
    make(change);
    withoutOnConfigMaps(stub, verb);
    const error = await errorOf(target.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(error.message).toContain(`may not ${verb} configmaps in namespace phoenix`);
  });

  it('needs nothing more when the target is there already: nothing is written', async () => {
    const { stub, target, change } = await stubbedService();
    change({ spec: { revisionHistoryLimit: 0 } });
    withoutOnConfigMaps(stub, 'create');
    const wish = { kind: 'version', version: '0.2.0' } as const;
    await expect(target.checkAccess(wish, context)).resolves.toBeDefined();
  });

  it('is content without them otherwise, and warns of the evidence alone', async () => {
    const { stub, target, live } = await stubbedService();
    expect(live().spec.template).toEqual(v2);
    withoutOnConfigMaps(stub, 'create', 'get');
    const { warnings } = await target.checkAccess(PREVIOUS, context);
    expect(warnings).toEqual(['known-good evidence cannot be kept: the worker may not create configmaps']);
  });
});
