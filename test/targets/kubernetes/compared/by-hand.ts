import { type KubernetesObject, MERGE_PATCH } from '../../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import {
  type Act,
  beside,
  edit,
  first,
  type History,
  kubectl,
  release,
  restart,
  restartAgain,
  undo,
  undoTo,
} from './acts.ts';
import type { Workload } from './workload.ts';

const BACK = 'somebody has gone back by hand';
const RESTARTS = 'restarts and stamps';
const BESIDE = 'what makes no version';
const KEPT = 'what the history keeps';
const TROUBLE = 'rollouts that do not end';

/** Annotates each change of the Deployment's template with something new, as an admission webhook may. */
const stamps: Act = beside('admission stamps each change from now on', async (workload) => {
  const stamp = 'example.com/request';
  workload.stamped = [stamp];
  const admission = '/apis/admissionregistration.k8s.io/v1';
  const name = `stamp-${workload.namespace}`;
  const expression = `Object{spec: Object.spec{template: Object.spec.template{metadata: Object.spec.template.metadata{annotations: {"${stamp}": object.metadata.resourceVersion}}}}}`;
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': workload.namespace } };
  const rule = {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['UPDATE'],
    resources: ['deployments'],
  };
  await workload.api.must('POST', `${admission}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: { namespaceSelector, resourceRules: [rule] },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
    },
  });
  await workload.api.must('POST', `${admission}/mutatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name },
  });
  await until('the policy to be in force', async () => {
    const probe = { metadata: { labels: { probe: 'x' } } };
    const dry = await workload.api.must('PATCH', `${workload.path()}?dryRun=All`, probe, MERGE_PATCH);
    return dry.spec.template.metadata.annotations?.[stamp] !== undefined;
  });
});

/** The ReplicaSet of a version is deleted, as by somebody who tidies up. */
function pruned(version: string): Act {
  return beside(`the ReplicaSet of ${version} deleted`, async (workload) => {
    const image = imageOf(`v${version}`);
    const all = await workload.replicaSets();
    const found = all.find(({ spec }) => spec.template.spec.containers[0].image === image);
    await workload.api.must('DELETE', workload.path(`replicasets/${found.metadata.name}`));
  });
}

/** A quota that leaves no room for another pod: what is released now does not come up. */
const noRoom: Act = beside('no room for more pods', async (workload) => {
  await workload.complete();
  const spec = { hard: { pods: '0' } };
  await workload.api.must('POST', workload.path('resourcequotas'), { metadata: { name: 'none' }, spec });
});

const givenUp: Act = beside('its progress deadline exceeded', async (workload) => {
  await until('the deadline of the rollout', async () => {
    const { status } = await workload.live();
    return status.conditions.some(({ reason }: { reason: string }) => reason === 'ProgressDeadlineExceeded');
  });
});

const recreated: Act = beside(
  'the Deployment deleted with `--cascade=orphan` and created again',
  async (workload) => {
    const manifest = await workload.live();
    const { name, namespace, labels } = manifest.metadata;
    await workload.api.must('DELETE', `${workload.path()}?propagationPolicy=Orphan`);
    await until('the Deployment to be gone', async () => {
      return (await workload.api.call('GET', workload.path())).status === 404;
    });
    const { apiVersion, kind, spec } = manifest;
    const again = { apiVersion, kind, metadata: { name, namespace, labels }, spec };
    await workload.api.must('POST', workload.path('deployments'), again);
  },
);

/** Another ReplicaSet with the live template: an upgrade or a migration can leave one. */
const twin: Act = beside('a second ReplicaSet with the live template', async (workload) => {
  const { template, selector } = (await workload.live()).spec;
  const all = await workload.replicaSets();
  const image = template.spec.containers[0].image;
  const { metadata } = all.find(({ spec }) => spec.template.spec.containers[0].image === image);
  const hash = { 'pod-template-hash': 'twin' };
  const labels = { ...template.metadata.labels, ...hash };
  await workload.inAnotherSecond();
  await workload.api.must('POST', workload.path('replicasets'), {
    metadata: { ...pick(metadata), name: `${workload.name}-twin`, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...selector.matchLabels, ...hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  });
});

function pick({ annotations, ownerReferences }: KubernetesObject): KubernetesObject {
  return { annotations, ownerReferences };
}

const three = [first('0.1.0'), release('0.2.0'), release('0.3.0')];
const two = three.slice(0, 2);
const scaled = beside('scaled', (workload: Workload) =>
  workload.patch({ spec: { replicas: 0 } }, 'kubectl-scale'),
);

/** What people do to a Deployment beside releases, and what is left of it. */
export const BY_HAND: readonly History[] = [
  {
    chapter: BACK,
    acts: [...two, undo],
    why: 'kubectl brings the release back that was undone a moment ago; ours only goes back, and there is nothing older.',
  },
  {
    chapter: BACK,
    acts: [...three, undo],
    why: 'kubectl brings 0.3.0 back, which was undone a moment ago; when 0.2.0 is no better, what is older may be.',
  },
  {
    chapter: BACK,
    acts: [...three, undoTo(1)],
    why: 'kubectl goes forward to 0.3.0, which was left for 0.1.0; nothing is older, so a person is asked.',
  },
  { chapter: BACK, acts: [...two, undo, undo] },
  { chapter: BACK, acts: [...three, undo, release('0.4.0')] },
  {
    chapter: BACK,
    acts: [...three, undo, restart],
    why: 'kubectl takes the restart back and keeps 0.2.0; a restart is no other version, and 0.3.0 is the one that was undone.',
  },
  {
    chapter: RESTARTS,
    acts: [...two, restart],
    why: 'kubectl takes the restart back and keeps 0.2.0, the bad release; a restart is no other version.',
  },
  {
    chapter: RESTARTS,
    acts: [first('0.1.0'), restart],
    why: 'kubectl rolls all pods once more for the same version; there is no other one, so a person is told.',
  },
  { chapter: RESTARTS, acts: [first('0.1.0'), restart, release('0.2.0')] },
  {
    chapter: RESTARTS,
    acts: [
      ...two,
      restart,
      beside('another image pushed under the tag 0.2.0', async () => undefined),
      restartAgain,
    ],
    why: 'kubectl goes from one restart to the other, and both pull what the tag holds now; only another version gets rid of it.',
  },
  {
    chapter: RESTARTS,
    apart: true,
    acts: [
      ...two,
      stamps,
      scaled,
      edit('a stamp', (workload) => workload.patch({ metadata: { labels: { a: 'b' } } })),
    ],
    why: 'kubectl goes from one stamp to the one before and keeps 0.2.0, the bad release; what admission writes anew with every change is no other version.',
  },
  { chapter: BESIDE, acts: [...two, scaled] },
  { chapter: BESIDE, acts: [...two, kubectl('annotate kubernetes.io/change-cause=tuned')] },
  { chapter: BESIDE, acts: [...two, kubectl('rollout pause')] },
  {
    chapter: BESIDE,
    acts: [
      first('0.1.0'),
      kubectl('rollout pause'),
      release('0.2.0'),
      edit('LOG=debug', (workload) => workload.container((before) => ({ ...before, env: [] }))),
      kubectl('rollout resume'),
    ],
  },
  {
    chapter: KEPT,
    acts: [first('0.1.0', { revisionHistoryLimit: 0 }, 'revisionHistoryLimit: 0'), release('0.2.0')],
  },
  {
    chapter: KEPT,
    acts: [
      first('0.1.0', { revisionHistoryLimit: 1 }, 'revisionHistoryLimit: 1'),
      release('0.2.0'),
      release('0.3.0'),
    ],
  },
  { chapter: KEPT, acts: [...two, pruned('0.1.0')] },
  { chapter: KEPT, acts: [...three, pruned('0.2.0')] },
  { chapter: KEPT, acts: [...two, recreated] },
  {
    chapter: KEPT,
    acts: [...two, twin],
    why: 'kubectl finds the live template a second time and changes nothing; ours looks for another version.',
  },
  { chapter: TROUBLE, pods: 1, acts: [first('0.1.0'), noRoom, release('0.2.0', '0.2.0, still rolling out')] },
  {
    chapter: TROUBLE,
    pods: 1,
    apart: true,
    acts: [
      first('0.1.0', { progressDeadlineSeconds: 1 }),
      noRoom,
      release('0.2.0'),
      givenUp,
      release('0.3.0'),
    ],
  },
];
