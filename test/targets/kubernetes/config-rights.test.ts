import { describe, expect, it } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { auditEvents } from '../../../sandbox/control-plane/audit-log.ts';
import { DEPLOYMENT, rulesOf } from '../../../sandbox/manifests.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { configSlots } from '../../../src/targets/kubernetes/config/kept-config.ts';
import { DEPLOYMENT as DEPLOYMENT_KIND } from '../../../src/targets/kubernetes/workload/deployment.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import {
  BAD,
  COPY,
  configServices,
  everySlot,
  formerCopy,
  GOOD,
  KNOWN_GOOD,
  planned,
  prove,
} from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true, concurrent: true });
const { cluster, service } = world;
const { make, must, write } = configServices(world);

const KEY = 'key-of-the-evidence';
const SECRET_COPY = 'deployment-master-orchestrator-secret-0';
/** Pods that take a ConfigMap, a Secret and a claim. */
const template = {
  volumes: [
    { name: 'config', configMap: { name: 'app-config' } },
    { name: 'secret', secret: { secretName: 'app-secret' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
  ],
};
const password = (word: string) => ({ data: { password: Buffer.from(word).toString('base64') } });

/** What rbac.yaml alone does not allow, of all that a rollback with config may want. */
const DENIED = ['create secrets', 'delete configmaps', 'get persistentvolumeclaims'];

/** A service whose every place of a copy is taken by what nothing refers to. */
async function crowded(rules: Parameters<typeof service>[1]): Promise<Service> {
  const of = await service([], rules);
  await write(of, GOOD, 'POST');
  await must('POST', of.path('secrets'), { metadata: { name: 'app-secret' }, ...password('one') });
  await must('POST', of.path('persistentvolumeclaims'), {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  });
  await aSecondLater();
  await of.deploy('v0.1.0', { template });
  await Promise.all(everySlot.map(async (name) => make(of, formerCopy(await of.live(), name))));
  return of;
}

/** What the workers of a service asked and may not, each once. */
async function denied({ namespace }: Service): Promise<readonly string[]> {
  const events = await auditEvents(cluster().controlPlane.auditLog);
  const own = events.filter(
    ({ user, status }) => status === 403 && user.startsWith(`system:serviceaccount:${namespace}:`),
  );
  const asked = own.map(({ verb, requestURI }) => {
    const resource = /\/namespaces\/[^/]+\/([^/?]+)/.exec(requestURI)?.[1] ?? requestURI;
    return `${verb} ${resource}`;
  });
  return [...new Set(asked)].toSorted();
}

describe.concurrent('the rights of deploy/, each part by itself', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['rbac.yaml is enough for a rollback: what else it may not is told', [], []],
    ['rbac-config.yaml adds that places are freed', ['rbac-config.yaml'], ['delete configmaps']],
    ['rbac-config-secrets.yaml adds that Secrets are kept', ['rbac-config-secrets.yaml'], ['create secrets']],
    [
      'rbac-references.yaml adds that claims are looked at',
      ['rbac-references.yaml'],
      ['get persistentvolumeclaims'],
    ],
    [
      'all of them leave nothing to ask for',
      ['rbac-config.yaml', 'rbac-config-secrets.yaml', 'rbac-references.yaml'],
      DENIED,
    ],
  ])('%s', async (_what, parts, adds) => {
    const rules = ['rbac.yaml', ...parts].flatMap((file) => rulesOf(file));
    const of = await crowded({ rules });
    const clock = () => Date.now() + 2 * 3_600_000;
    const options = { clock, evidenceKey: async () => KEY, keepsSecrets: true };
    const target = await of.another({}, options);
    const may = (what: string) => adds.includes(what);

    const { warnings: recorded = [] } = await prove({ target });
    await write(of, BAD);
    await must('PATCH', of.path('secrets/app-secret'), password('two'), MERGE_PATCH);
    await of.deploy('v0.2.0', { template });
    const [observed, { warnings: access }] = await Promise.all([
      target.observe(context),
      target.checkAccess(KNOWN_GOOD, context),
    ]);
    const plan = await planned({ target });
    await target.resolve(plan, context);
    await target.takeSnapshot(liveVersionOf(observed), context);
    const started = await target.rollBack(plan.pin, context);
    await target.waitForRollout(started, context, () => undefined);
    await prove({ target });

    const { volumes } = (await of.live()).spec.template.spec;
    const names = [volumes[0].configMap.name, volumes[1].secret.secretName];
    expect(names).toEqual([
      may('delete configmaps') ? COPY : 'app-config',
      may('create secrets') ? SECRET_COPY : 'app-secret',
    ]);
    const isTold = (lines: readonly string[], text: string) => lines.some((line) => line.includes(text));
    expect(isTold(recorded, 'rbac-config.yaml')).toBe(!may('delete configmaps'));
    expect(isTold(recorded, 'secret/app-secret is recorded without a copy')).toBe(!may('create secrets'));
    expect(isTold(access, 'the content of Secrets cannot be kept')).toBe(!may('create secrets'));
    expect(isTold(access, 'could not check persistentvolumeclaim/data')).toBe(
      !may('get persistentvolumeclaims'),
    );
    expect(await denied(of)).toEqual(DENIED.filter((what) => !may(what)));
  });
});

describe('the names in the rights', () => {
  it.each([
    ['rbac-config.yaml', 'configmap'],
    ['rbac-config-secrets.yaml', 'secret'],
  ] as const)('of %s are those of the copies', (file, kind) => {
    const named = rulesOf(file).find(({ verbs }) => verbs.includes('delete'))?.resourceNames;
    expect(named).toEqual(configSlots({ kind: DEPLOYMENT_KIND, name: DEPLOYMENT }, kind));
  });
});
