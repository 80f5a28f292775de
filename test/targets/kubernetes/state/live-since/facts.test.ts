import { describe, expect, it } from 'vitest';
import type {
  ManagedField,
  RawObject,
  ReplicaSet,
  Workload,
} from '../../../../../src/targets/kubernetes/api/resources.ts';
import { type ConfigState, NO_CONFIG } from '../../../../../src/targets/kubernetes/config/config-state.ts';
import type { SeenObject } from '../../../../../src/targets/kubernetes/config/seen-object.ts';
import { observedService, revisionsOf } from '../../../../../src/targets/kubernetes/state/history.ts';
import { currentRevisions, factsOf } from '../../../../../src/targets/kubernetes/state/live-since/facts.ts';
import type { ObservedMoment } from '../../../../../src/targets/kubernetes/state/observation.ts';
import { fingerprint } from '../../../../../src/targets/kubernetes/template/fingerprint.ts';
import { DEPLOYMENT } from '../../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment, replicaSet } from '../../objects.ts';
import { template } from '../../template.ts';

const OURS = 'rollback-runbook';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const image = (tag: string, more: RawObject = {}, annotations: RawObject = {}) =>
  template({
    metadata: { labels: { app: 'orchestrator' }, annotations },
    spec: { containers: [{ name: 'orchestrator', image: `registry.example/app:${tag}`, ...more }] },
  });
const ONE = image('v1');
const TWO = image('v2');
const restarted = image('v2', {}, { 'kubectl.kubernetes.io/restartedAt': '2026-11-23T02:00:00Z' });
const reloaded = image('v2', { env: [{ name: 'STAKATER_APP_CONFIG_CONFIGMAP', value: 'hash' }] });
const configured = (name: string) =>
  template({
    spec: {
      containers: [
        { name: 'orchestrator', image: 'registry.example/app:v2', envFrom: [{ configMapRef: { name } }] },
      ],
    },
  });

/** An observation of a Deployment, without a cluster. */
function observed(
  live: Workload,
  replicaSets: readonly ReplicaSet[],
  {
    config = NO_CONFIG,
    stamped = [],
    digest,
  }: { readonly config?: ConfigState; readonly stamped?: readonly string[]; readonly digest?: string } = {},
): ObservedMoment {
  const revisions = revisionsOf(DEPLOYMENT, replicaSets);
  const running = digest ? [{ orchestrator: `registry.example/app@${digest}` }] : [];
  const service = observedService({
    ...{ kind: DEPLOYMENT, live, namespace: 'phoenix', container: 'orchestrator', pin: 'digest' as const },
    ...{ fieldManager: OURS, revisions, config, stamped, running, notes: [], at: '2026-11-23T03:00:00Z' },
    evidence: { records: new Map(), failures: new Map() },
  });
  return { observed: service, live, revisions, stamped, config };
}
const of = (now: RawObject, more: Parameters<typeof deployment>[0] = {}) =>
  deployment({ ...more, spec: { template: now, ...more.spec } });
const numbers = (moment: ObservedMoment) => currentRevisions(moment).map(({ revision }) => revision);

describe('which revisions hold what is live', () => {
  it.each<[string, ObservedMoment, readonly number[]]>([
    [
      'a restart too',
      observed(of(restarted), [replicaSet(1, ONE), replicaSet(2, TWO), replicaSet(3, restarted)]),
      [2, 3],
    ],
    [
      'what Reloader has written too',
      observed(of(reloaded), [replicaSet(1, TWO), replicaSet(2, reloaded)]),
      [1, 2],
    ],
    [
      'what admission stamps anew too',
      observed(
        of(image('v2', {}, { at: '2' })),
        [replicaSet(1, image('v2', {}, { at: '1' })), replicaSet(2, image('v2', {}, { at: '2' }))],
        { stamped: ['at'] },
      ),
      [1, 2],
    ],
    [
      'another annotation of the template is another version',
      observed(of(image('v2', {}, { checksum: '2' })), [
        replicaSet(1, image('v2', {}, { checksum: '1' })),
        replicaSet(2, image('v2', {}, { checksum: '2' })),
      ]),
      [2],
    ],
    [
      'the same image by its digest too, where that is what runs',
      observed(of(TWO), [replicaSet(1, image(`v2@${DIGEST}`)), replicaSet(2, TWO)], { digest: DIGEST }),
      [1, 2],
    ],
    [
      'another digest is another version',
      observed(of(TWO), [replicaSet(1, image(`v2@sha256:${'b'.repeat(64)}`)), replicaSet(2, TWO)], {
        digest: DIGEST,
      }),
      [2],
    ],
    [
      'the same content under another name too, where it cannot have been changed',
      observed(
        of(configured('app-config')),
        [replicaSet(1, configured('copy')), replicaSet(2, configured('app-config'))],
        {
          config: {
            ...NO_CONFIG,
            hashes: { 'configmap/copy': 'h', 'configmap/app-config': 'h' },
            immutable: ['configmap/copy'],
          },
        },
      ),
      [1, 2],
    ],
    [
      'not where it may have held something else then',
      observed(
        of(configured('copy')),
        [replicaSet(1, configured('app-config')), replicaSet(2, configured('copy'))],
        {
          config: {
            ...NO_CONFIG,
            hashes: { 'configmap/copy': 'h', 'configmap/app-config': 'h' },
            immutable: ['configmap/copy'],
          },
        },
      ),
      [2],
    ],
    ['none while the controller has not seen it', observed(of(TWO), [replicaSet(1, ONE)]), []],
  ])('%s', (_what, moment, expected) => {
    expect(numbers(moment)).toEqual(expected);
  });
});

const at = (minute: number) => `2026-11-23T02:${String(minute).padStart(2, '0')}:00Z`;
const ms = (minute: number) => Date.parse(at(minute));
const entry = (manager: string, minute: number, fieldsV1: RawObject, subresource?: string): ManagedField => ({
  manager,
  operation: 'Update',
  time: at(minute),
  fieldsV1,
  ...(subresource ? { subresource } : {}),
});
const TEMPLATE_ALONE = { 'f:spec': { 'f:template': {} } };
const MARKED = {
  'f:metadata': { 'f:annotations': { 'f:rollback-runbook/last-change': {} } },
  ...TEMPLATE_ALONE,
};
const mark = (print: string, generation: number) => ({
  'rollback-runbook/last-change': JSON.stringify({ purpose: 'roll-back', fingerprint: print, generation }),
});
const facts = (moment: ObservedMoment) => factsOf(moment, { kind: DEPLOYMENT, fieldManager: OURS });
const history = [replicaSet(2, TWO), replicaSet(3, ONE, { former: '1' })];
const seen = (fields: readonly ManagedField[]): ConfigState['seen'] => {
  const object: SeenObject = {
    metadata: { name: 'app-config', uid: 'uid', creationTimestamp: at(1), managedFields: fields },
  };
  return new Map([['configmap/app-config', object]]);
};

describe('what an observation says of the time', () => {
  it('takes the last write of the template, and knows whether its manager has written anything else', () => {
    const managedFields = (fieldsV1: RawObject) => [
      entry('helm', 5, { 'f:spec': { 'f:template': {}, 'f:replicas': {} } }),
      entry('kubectl-set', 9, fieldsV1),
      entry('autoscaler', 20, { 'f:spec': { 'f:replicas': {} } }, 'scale'),
      entry('kube-controller-manager', 30, { 'f:status': {} }, 'status'),
    ];
    const write = (fieldsV1: RawObject) =>
      facts(observed(of(ONE, { metadata: { managedFields: managedFields(fieldsV1) } }), history)).write;
    expect(write(TEMPLATE_ALONE)).toEqual({ at: ms(9), isAlone: true });
    expect(write({ 'f:spec': { 'f:template': {}, 'f:strategy': {} } })).toEqual({
      at: ms(9),
      isAlone: false,
    });
    expect(write({ 'f:metadata': { 'f:labels': {} }, ...TEMPLATE_ALONE })).toEqual({
      at: ms(9),
      isAlone: false,
    });
    expect(write({ 'f:metadata': { 'f:labels': {} } })).toEqual({ at: ms(5), isAlone: false });
  });

  it('takes our own write while no other version carries its mark', () => {
    const metadata = (generation: number) => ({
      generation: 5,
      annotations: mark(fingerprint(ONE), generation),
      managedFields: [entry(OURS, 9, MARKED)],
    });
    const marked = (sets: readonly ReplicaSet[], generation: number, now = ONE) =>
      facts(observed(of(now, { metadata: metadata(generation) }), sets)).markedAt;
    const carrying = (one: ReplicaSet): ReplicaSet => ({
      ...one,
      metadata: {
        ...one.metadata,
        annotations: { ...one.metadata.annotations, ...mark(fingerprint(ONE), 3) },
      },
    });
    expect(marked(history, 5)).toBe(ms(9));
    // Scaled since, say.
    expect(marked(history, 3)).toBe(ms(9));
    // Left for another version, and come back to.
    expect(marked([carrying(replicaSet(4, TWO)), replicaSet(5, ONE, { former: '1,3' })], 3)).toBeUndefined();
    // Another version is live now.
    expect(marked([replicaSet(3, ONE), carrying(replicaSet(4, TWO))], 3, TWO)).toBeUndefined();
    // A restart of it.
    const again = image('v1', {}, { 'kubectl.kubernetes.io/restartedAt': '2026-11-23T02:30:00Z' });
    expect(
      marked(
        [replicaSet(2, TWO), replicaSet(3, ONE, { former: '1' }), carrying(replicaSet(4, again))],
        3,
        again,
      ),
    ).toBe(ms(9));
  });

  it('takes the end of a rollout only where that was to this version', () => {
    const complete = (name: string, reason = 'NewReplicaSetAvailable') =>
      facts(
        observed(
          of(ONE, {
            status: {
              conditions: [
                {
                  type: 'Progressing',
                  status: 'True',
                  reason,
                  lastUpdateTime: at(9),
                  message: `ReplicaSet "${name}" has successfully progressed.`,
                },
              ],
            },
          }),
          history,
        ),
      ).completeAt;
    expect(complete('orchestrator-3')).toBe(ms(9));
    expect(complete('orchestrator-2')).toBeUndefined();
    expect(complete('orchestrator-3', 'ReplicaSetUpdated')).toBeUndefined();
  });

  it('takes the last change of content that it refers to and that can be changed', () => {
    const changed = (more: Partial<ConfigState>, now = configured('app-config')) =>
      facts(observed(of(now), [replicaSet(3, now)], { config: { ...NO_CONFIG, ...more } })).configAt;
    const fields = [entry('deployer', 8, { 'f:data': {} }), entry('labels', 40, { 'f:metadata': {} })];
    expect(changed({ seen: seen(fields) })).toBe(ms(8));
    expect(changed({ seen: seen(fields), immutable: ['configmap/app-config'] })).toBeUndefined();
    expect(changed({ seen: seen(fields) }, configured('other'))).toBeUndefined();
    expect(changed({ seen: seen([]) })).toBeUndefined();
  });

  it('knows a rollout that has touched nothing', () => {
    const untouched = (status: Workload['status']) =>
      facts(observed(of(ONE, { ...(status ? { status } : {}) }), history)).isUntouched;
    expect(untouched({ replicas: 3, updatedReplicas: 0 })).toBe(true);
    expect(untouched({ replicas: 4, updatedReplicas: 1 })).toBe(false);
    // The pods of before are gone, and none of it may be made.
    expect(untouched({ replicas: 0, updatedReplicas: 0 })).toBe(false);
  });
});
