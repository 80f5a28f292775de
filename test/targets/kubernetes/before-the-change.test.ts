import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { DEPLOYMENT } from '../../../sandbox/manifests.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { locateTool } from '../../../tools/index.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, PREVIOUS, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const run = promisify(execFile);
let kubectl: string;
const open: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  kubectl = (await locateTool('kubectl')).path;
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Releases 0.2.0 after a version whose pods have these fields too. */
async function releasedAfter(
  spec: Readonly<Record<string, unknown>>,
  more: Parameters<typeof service>[1] = {},
) {
  const of = await service(['v0.1.0'], more);
  await of.change({ spec: { replicas: 0 } });
  const withFields = await of.live();
  const { template } = withFields.spec;
  const [container] = template.spec.containers;
  const { containers: [fields = {}] = [], ...rest } = spec as { containers?: object[] };
  await of.change({ spec: { template: { spec: { ...rest, containers: [{ ...container, ...fields }] } } } });
  await observed(of);
  const nothing = Object.fromEntries(Object.keys(rest).map((key) => [key, null]));
  const newer = { ...container, image: container.image.replace('0.1.0', '0.2.0') };
  await of.change({ spec: { template: { spec: { ...nothing, containers: [newer] } } } });
  await observed(of);
  return of;
}

/** Waits until the controller has taken up the last change. */
function observed(of: Service) {
  return until('the change to be taken up', async () => {
    const { metadata, status } = await of.live();
    return status.observedGeneration === metadata.generation;
  });
}

describe('K8 a Deployment that is being deleted', () => {
  test('is left alone, and said so', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    await of.change({ metadata: { finalizers: ['example.com/hold'] } });
    open.push(() => of.change({ metadata: { finalizers: null } }));
    await cluster().api.must('DELETE', of.path());
    const { metadata } = await of.live();
    expect(metadata.deletionTimestamp).toBeTruthy();

    await until(
      'the observation of before to be over',
      async () => (await of.target.observe(context)).deleting,
    );
    for (const step of [
      () => of.target.checkAccess(PREVIOUS, context),
      () => of.target.rollBack(pin, context),
    ]) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'WorkloadDeleted', retryable: false });
      expect(error.message).toContain(`is being deleted (since ${metadata.deletionTimestamp})`);
    }
    expect((await of.live()).metadata.generation).toBe(metadata.generation);
  });
});

describe('K9 a template of more than a ConfigMap holds', () => {
  test('is kept by its ReplicaSet, where that outlives the next change', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { spec: { revisionHistoryLimit: 2 } });
    const [container] = (await of.live()).spec.template.spec.containers;
    const big = { ...container, env: [{ name: 'BIG', value: 'x'.repeat(1_100_000) }] };
    await of.change({ spec: { replicas: 0, template: { spec: { containers: [big] } } } });
    await observed(of);
    // A megabyte may take a busy API server longer than a watch is waited for at once: what an activity would repeat.
    const seen = await until('it to be observed', () =>
      of.target.observe(context).catch((error: { readonly type?: string }) => {
        if (error.type !== 'Unreachable') throw error;
        return undefined;
      }),
    );
    const { fingerprint } = seen.current;
    const takeSnapshot = () => of.target.takeSnapshot(liveVersionOf(seen), context);
    const kept = await takeSnapshot();
    expect(kept.keptIn).toMatch(/^replicaset\//);
    await expect(of.target.rollBack(await of.pin(), context)).resolves.toMatchObject({ changed: true });
    const restored = await of.pin({ kind: 'snapshot', snapshot: kept });
    await expect(of.target.rollBack(restored, context)).resolves.toMatchObject({ fingerprint });

    await of.change({ spec: { revisionHistoryLimit: 0 } });
    await until('it to be seen', async () => (await of.target.observe(context)).historyLimit === 0);
    const error = await errorOf(takeSnapshot());
    expect(error).toMatchObject({ type: 'WriteRejected' });
    expect(error.message).toContain('raise spec.revisionHistoryLimit');
  });
});

describe('K12 a Deployment that is applied server-side', () => {
  test('conflicts with the next apply, and the plan has the command that takes the fields over', async () => {
    const of = await service(['v0.1.0']);
    const file = join(cluster().adminKubeconfig, '..', `${of.namespace}.json`);
    const { metadata, spec } = await of.live();
    const [container] = spec.template.spec.containers;
    await cluster().api.must('DELETE', of.path());
    await until('it to be gone', async () => (await cluster().api.call('GET', of.path())).status === 404);
    const apply = async (version: string, ...more: string[]) => {
      const image = container.image.replace(/:.*/, `:${version}`);
      const template = { ...spec.template, spec: { containers: [{ name: container.name, image }] } };
      const { name, namespace } = metadata;
      const manifest = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace },
        spec: {
          replicas: 1,
          selector: spec.selector,
          template: { ...template, metadata: { labels: spec.selector.matchLabels } },
        },
      };
      await writeFile(file, JSON.stringify(manifest));
      return byKubectl('apply', '--server-side', '--field-manager=ci pipeline', ...more, '-f', file);
    };
    const byKubectl = (...args: string[]) =>
      run(kubectl, ['--kubeconfig', cluster().adminKubeconfig, ...args]).then(
        () => 'done',
        ({ stderr }: { stderr: string }) => stderr,
      );
    for (const version of ['v0.1.0', 'v0.2.0']) {
      expect(await apply(version)).toBe('done');
      await cluster().complete(of.namespace, DEPLOYMENT);
    }
    const worker = await of.another();
    const { warnings } = await worker.observe(context);
    await of.rollBack();
    expect(await apply('v0.3.0')).toMatch(/conflict with "rollback-runbook"/);

    const [, command = ''] =
      /with: kubectl (.*)$/.exec(warnings.find((line) => line.includes('--force-conflicts')) ?? '') ?? [];
    expect(command).toBe("apply --server-side --force-conflicts --field-manager='ci pipeline' -f <manifest>");
    const shell = `"$0" --kubeconfig "$1" ${command.replace('<manifest>', '"$2"')}`;
    await run('sh', ['-c', shell, kubectl, cluster().adminKubeconfig, file]);
    expect(await apply('v0.4.0')).toBe('done');
  });
});

describe('K7 what the target refers to', () => {
  const container = {
    env: [
      { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
    ],
  };
  const spec = {
    containers: [container],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'some', secret: { secretName: 'keys', items: [{ key: 'cert', path: 'cert' }] } },
    ],
    imagePullSecrets: [{ name: 'pull' }],
    serviceAccountName: 'runner',
    runtimeClassName: 'gvisor',
  };

  /** Makes everything that is referred to; the names of classes are the namespace's own. */
  async function made(priorityClassName: string, of: Service) {
    const { api } = cluster();
    const metadata = (name: string) => ({ metadata: { name } });
    await api.must('POST', of.path('configmaps'), { ...metadata('settings'), data: { level: 'warn' } });
    await api.must('POST', of.path('secrets'), {
      ...metadata('keys'),
      stringData: { token: 'a', cert: 'b' },
    });
    await api.must('POST', of.path('secrets'), metadata('pull'));
    await api.must('POST', of.path('serviceaccounts'), metadata('runner'));
    await api.must('POST', of.path('persistentvolumeclaims'), {
      ...metadata('data'),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const priority = '/apis/scheduling.k8s.io/v1/priorityclasses';
    await api.must('POST', priority, { ...metadata(priorityClassName), value: 1000 });
    open.push(() => api.call('DELETE', `${priority}/${priorityClassName}`));
    const runtime = '/apis/node.k8s.io/v1/runtimeclasses';
    await api.must('POST', runtime, { ...metadata('gvisor'), handler: 'runsc' });
    open.push(() => api.call('DELETE', `${runtime}/gvisor`));
  }

  /** What deploy/rbac-references.yaml grants. */
  async function grantReferences({ namespace }: Service): Promise<void> {
    const file = join(import.meta.dirname, '../../../deploy/rbac-references.yaml');
    const text = (await readFile(file, 'utf8')).replaceAll('phoenix-orch', namespace);
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS();
      const { kind } = object;
      const place = kind.startsWith('Cluster') ? '' : `/namespaces/${namespace}`;
      const collection = `${rbac}${place}/${kind.toLowerCase()}s`;
      await cluster().api.must('POST', collection, object);
      if (place === '')
        open.push(() => cluster().api.must('DELETE', `${collection}/${object.metadata.name}`));
    }
  }

  const checked = (of: Service) => of.target.checkAccess(PREVIOUS, context);

  test('is found there, or named as gone, by object and by key', async () => {
    const of = await releasedAfter({ ...spec, priorityClassName: 'k7-high' });
    await made('k7-high', of);
    await grantReferences(of);
    const { summary } = await until('the rights to be in force', async () => {
      const report = await checked(of);
      return report.warnings.some((line) => line.startsWith('could not check')) ? undefined : report;
    });
    expect(summary).toContain(
      'references present: configmap/settings, key cert of secret/keys, key level of configmap/settings, key token of secret/keys, persistentvolumeclaim/data, priorityclass/k7-high, runtimeclass/gvisor, secret/keys, secret/pull, serviceaccount/runner',
    );

    const { api } = cluster();
    await api.must('PATCH', of.path('configmaps/settings'), { data: { level: null, other: 'x' } }, MERGE);
    await api.must('PATCH', of.path('secrets/keys'), { data: { cert: null } }, MERGE);
    await api.must(
      'PATCH',
      of.path('persistentvolumeclaims/data'),
      { metadata: { finalizers: null } },
      MERGE,
    );
    await api.must('DELETE', of.path('persistentvolumeclaims/data'));
    await api.must('DELETE', '/apis/scheduling.k8s.io/v1/priorityclasses/k7-high');
    await api.must('DELETE', '/apis/node.k8s.io/v1/runtimeclasses/gvisor');
    await api.must('DELETE', of.path('secrets/pull'));
    const error = await errorOf(checked(of));
    expect(error).toMatchObject({ type: 'ReferenceMissing', retryable: false });
    for (const gone of [
      'key level of configmap/settings',
      'key cert of secret/keys',
      'persistentvolumeclaim/data',
      'priorityclass/k7-high',
      'runtimeclass/gvisor',
      'secret/pull',
    ]) {
      expect(error.message).toContain(gone);
    }
    expect(error.message).not.toContain('token');
    expect(error.message).not.toContain('runner');
  });

  test('that may not be looked at is named as not checked', async () => {
    const of = await releasedAfter({
      containers: [container],
      priorityClassName: 'k7-unseen',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'gone' } }],
    });
    const { api } = cluster();
    await api.must('POST', of.path('configmaps'), {
      metadata: { name: 'settings' },
      data: { level: 'warn' },
    });
    await api.must('POST', of.path('secrets'), { metadata: { name: 'keys' }, stringData: { token: 'a' } });
    const { warnings, summary } = await checked(of);
    expect(warnings).toEqual([
      'could not check persistentvolumeclaim/gone: the worker may not get it',
      'could not check priorityclass/k7-unseen: the worker may not get it',
    ]);
    expect(summary).not.toContain('k7-unseen');
  });
});

const MERGE = 'application/merge-patch+json';
