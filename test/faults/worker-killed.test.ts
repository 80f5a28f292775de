import { afterAll, beforeAll, expect } from 'vitest';
import { openStage, type Stage } from '../stories/stage.ts';
import { configTrial } from './config-trial.ts';
import { inLong, inShort } from './forms.ts';
import { killedAt, killedBeforehand, killedTwice, killedWhileRetrying, missedEvents } from './killed-run.ts';
import { kubernetesTrial } from './kubernetes-trial.ts';
import { CLOSING, callPoint, type Point, requestPoint } from './points.ts';
import type { Trial } from './trial.ts';
import { goThrough } from './trials.ts';
import { standardRun } from './undisturbed.ts';

/** Most of a run is waiting for a time-out. */
const AT_ONCE = 8;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const open = (name: string): Promise<Trial> => kubernetesTrial(stage, name);
const openStatefulSet = (name: string): Promise<Trial> =>
  kubernetesTrial(stage, name, { kind: 'StatefulSet' });
const openDaemonSet = (name: string): Promise<Trial> => kubernetesTrial(stage, name, { kind: 'DaemonSet' });
const openInPlace =
  (config: 'mutable' | 'immutable') =>
  (name: string): Promise<Trial> =>
    kubernetesTrial(stage, name, { config });
const CONFIG = '/api/v1/namespaces/*/configmaps';
/** Around each write of config in place: what is held is kept, the object is changed, or deleted and created again. */
const IN_PLACE = (['before', 'after'] as const).flatMap((moment) => [
  [requestPoint(moment, 'api', `POST ${CONFIG}`, 1), 'mutable'] as const,
  [requestPoint(moment, 'api', `PATCH ${CONFIG}/app-config`, 1), 'mutable'] as const,
  [
    requestPoint(moment, 'api', `PATCH ${CONFIG}/deployment-master-orchestrator-config-1`, 1),
    'immutable',
  ] as const,
  [requestPoint(moment, 'api', `DELETE ${CONFIG}/app-config`, 1), 'immutable'] as const,
  [requestPoint(moment, 'api', `POST ${CONFIG}`, 2), 'immutable'] as const,
]);
const written = (kind: string) => `PATCH /apis/apps/v1/namespaces/*/${kind}/master-orchestrator`;

const openConfig = (name: string): Promise<Trial> => configTrial(stage, name);
const COPIED = 'POST /api/v1/namespaces/*/configmaps';
const RECORDED = 'PATCH /api/v1/namespaces/*/configmaps/master-orchestrator-known-good';

/** Around each write of a rollback that brings config back. */
const CONFIG_POINTS = [written('deployments'), COPIED, RECORDED].flatMap((request) => [
  requestPoint('before', 'api', request, 1),
  requestPoint('after', 'api', request, 1),
]);
/** Rows of their own: here the same requests write copies of config. */
const killedAtConfig = (point: Point) => {
  const named = { ...point, name: `${point.name}, where config comes back` };
  return killedAt(named, 'Kubernetes', openConfig);
};

const REPLACED = 'DELETE /api/v1/namespaces/*/pods/master-orchestrator-0';

inShort(
  'a worker killed with -9 at the turns of a run changes nothing about its end',
  async () => {
    const points = [
      callPoint('before', 'RespondWorkflowTaskCompleted', 6),
      requestPoint('after', 'api', written('deployments'), 1),
      requestPoint('after', 'receiver', 'POST /hook', 1),
    ];
    await goThrough(
      [
        ...points.map((point) => killedAt(point, 'Kubernetes', open)),
        killedAt(requestPoint('after', 'api', written('daemonsets'), 1), 'DaemonSet', openDaemonSet),
        killedAt(requestPoint('after', 'api', REPLACED, 1), 'StatefulSet', openStatefulSet),
        // After the copy is made, and after the record that names it.
        ...[3, 5].flatMap((at) => CONFIG_POINTS[at] ?? []).map(killedAtConfig),
        ...IN_PLACE.filter(([{ name }]) => name.startsWith('after DELETE')).map(([point, config]) =>
          killedAt(point, 'Kubernetes', openInPlace(config)),
        ),
      ],
      AT_ONCE,
    );
  },
  120_000,
);

inLong(
  'a worker killed with -9 after every event of a run, and around every request, changes nothing about its end',
  async () => {
    const { events, calls, effects } = await standardRun(open);
    const steps = calls.filter(({ name }) => name === 'before RespondActivityTaskCompleted');
    const killed = await goThrough(
      [
        killedBeforehand('Kubernetes', open),
        ...[...calls, CLOSING, ...effects].map((point) => killedAt(point, 'Kubernetes', open)),
        ...steps.map((point) => killedTwice(point, 'Kubernetes', open)),
        ...killedWhileRetrying('Kubernetes', open),
      ],
      AT_ONCE,
    );
    expect(await missedEvents(events, killed, 'Kubernetes', open, AT_ONCE)).toEqual([]);
  },
  3_600_000,
);

inLong(
  'a worker killed with -9 around every write of a rollback that brings config back changes nothing about its end',
  () => goThrough(CONFIG_POINTS.map(killedAtConfig), AT_ONCE).then(() => undefined),
  600_000,
);

inLong(
  'a worker killed with -9 around every write of config in place changes nothing about its end',
  async () => {
    await goThrough(
      IN_PLACE.map(([point, config]) => killedAt(point, 'Kubernetes', openInPlace(config))),
      AT_ONCE,
    );
  },
  3_600_000,
);

for (const [kind, openOne] of [
  ['DaemonSet', openDaemonSet],
  ['StatefulSet', openStatefulSet],
] as const) {
  inLong(
    `a worker killed with -9 around every write and watch of a rollback of a ${kind}, and every answer of its steps, changes nothing about its end`,
    async () => {
      const { calls, effects } = await standardRun(openOne);
      const answers = calls.filter(({ name }) => name.endsWith('RespondActivityTaskCompleted'));
      const writes = effects.filter(({ name }) => / (PATCH|POST|DELETE|WATCH) /.test(name));
      await goThrough(
        [...answers, ...writes].map((point) => killedAt(point, kind, openOne)),
        AT_ONCE,
      );
    },
    3_600_000,
  );
}
