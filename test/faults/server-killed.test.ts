import { afterAll, beforeAll } from 'vitest';
import { openStage, type Stage } from '../stories/stage.ts';
import { inLong, inShort } from './forms.ts';
import { kubernetesTrial } from './kubernetes-trial.ts';
import { callPoint } from './points.ts';
import { serverKilledAt } from './server-killed-run.ts';
import { atOwnServer } from './temporal-place.ts';
import { goThrough } from './trials.ts';
import { standardRun } from './undisturbed.ts';

const AT_ONCE = 6;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const open = (name: string) =>
  atOwnServer(stage.sandbox, name, (place) => kubernetesTrial(stage, name, { place }));

inShort(
  'a Temporal server killed with -9 in the middle of a run loses nothing',
  async () => {
    const points = [
      callPoint('after', 'RespondWorkflowTaskCompleted', 2),
      callPoint('before', 'RespondActivityTaskCompleted', 6),
      callPoint('after', 'RespondActivityTaskCompleted', 12),
    ];
    await goThrough(
      points.map((point) => serverKilledAt(point, 'Kubernetes', open)),
      AT_ONCE,
    );
  },
  120_000,
);

inLong(
  'a Temporal server killed with -9 at every turn of a run loses nothing',
  async () => {
    const { calls } = await standardRun(open);
    await goThrough(
      calls.map((point) => serverKilledAt(point, 'Kubernetes', open)),
      AT_ONCE,
    );
  },
  3_600_000,
);
