import { afterAll, beforeAll, describe } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { type ComposeGround, composeTrial, openGround } from './compose-trial.ts';
import { inLong, inShort } from './forms.ts';
import { callPoint } from './points.ts';
import { serverKilledAt } from './server-killed-run.ts';
import { atOwnServer } from './temporal-place.ts';
import { goThrough } from './trials.ts';
import { standardRun } from './undisturbed.ts';

const AT_ONCE = 6;

const problem = await composeHostProblem();

describe.skipIf(problem)(`a rollback of a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let ground: ComposeGround;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground?.close());

  const open = (name: string) =>
    atOwnServer(ground.stage.sandbox, name, (place) => composeTrial(ground, name, { place }));

  inShort(
    'whose Temporal server is killed with -9 while the change is under way loses nothing',
    async () => {
      const points = [callPoint('after', 'RespondActivityTaskCompleted', 6)];
      await goThrough(
        points.map((point) => serverKilledAt(point, 'Compose', open)),
        AT_ONCE,
      );
    },
    120_000,
  );

  inLong(
    'whose Temporal server is killed with -9 at every step loses nothing',
    async () => {
      const { calls } = await standardRun(open);
      // What lies between worker and server does not depend on the target: the steps are what differs.
      const steps = calls.filter(({ name }) => /^before RespondActivity|^after RespondWorkflow/.test(name));
      await goThrough(
        steps.map((point) => serverKilledAt(point, 'Compose', open)),
        AT_ONCE,
      );
    },
    3_600_000,
  );
});
