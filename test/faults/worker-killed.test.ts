import { afterAll, beforeAll, expect } from 'vitest';
import { openStage, type Stage } from '../stories/stage.ts';
import { inLong, inShort } from './forms.ts';
import { killedAt, killedBeforehand, killedTwice, killedWhileRetrying, missedEvents } from './killed-run.ts';
import { kubernetesTrial } from './kubernetes-trial.ts';
import { CLOSING, callPoint, requestPoint } from './points.ts';
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

inShort(
  'a worker killed with -9 at the turns of a run changes nothing about its end',
  async () => {
    const deployment = '/apis/apps/v1/namespaces/*/deployments/master-orchestrator';
    const points = [
      callPoint('before', 'RespondWorkflowTaskCompleted', 6),
      requestPoint('after', 'api', `PATCH ${deployment}`, 1),
      requestPoint('after', 'receiver', 'POST /hook', 1),
    ];
    await goThrough(
      points.map((point) => killedAt(point, 'Kubernetes', open)),
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
