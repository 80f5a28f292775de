import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { olderInTheWay, pinnedToOlder } from './builds-run.ts';
import { type ComposeGround, composeTrial, openGround } from './compose-trial.ts';
import { inLong, inShort } from './forms.ts';
import { makeOlderBuild } from './older-build.ts';
import { commandPoint, type Point } from './points.ts';
import { goThrough } from './trials.ts';
import { type Fate, oneOfTwo } from './two-workers-run.ts';
import { standardRun } from './undisturbed.ts';

/** Most of a run is waiting for a time-out. */
const AT_ONCE = 8;
/** Commands and questions of the change: a worker that stands still at one of these holds up the change itself. */
const CHANGING = [
  'pull',
  'tag',
  'compose config',
  'compose up',
  'GET /images/{name}/json',
  'GET /containers/{id}/json',
];

const problem = await composeHostProblem();

describe.skipIf(problem)(`a rollback of a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let ground: ComposeGround;
  let older: string;
  beforeAll(async () => {
    ground = await openGround();
    older = await makeOlderBuild(join(ground.stage.sandbox.folder, 'older-build'));
  });
  afterAll(() => ground?.close());

  const open = (name: string) => composeTrial(ground, name);
  const at = (fate: Fate, point: Point) => oneOfTwo(fate, point, 'Compose', open);
  const builds = () => ({ target: 'Compose' as const, older, open });

  inShort(
    'of whose two workers one is stopped while it changes the service ends as it would',
    async () => {
      await goThrough([at('stopped', commandPoint('during', 'compose up', 1, 'STOP'))], AT_ONCE);
    },
    120_000,
  );

  inLong(
    'of whose two workers one is killed or stopped at every step, or of an older build, ends as it would',
    async () => {
      const { calls } = await standardRun(open);
      const turns = calls.filter(({ name }) => /^before (RespondActivity|RecordActivity)/.test(name));
      await goThrough(
        [
          ...turns.map((point) => at('killed', point)),
          ...turns.map((point) => at('stopped', point)),
          ...CHANGING.flatMap((kind) => [
            at('stopped', commandPoint('during', kind, 1, 'STOP')),
            at('stopped', commandPoint('after', kind, 1, 'STOP')),
          ]),
          pinnedToOlder(builds()),
          olderInTheWay(builds()),
        ],
        AT_ONCE,
      );
    },
    3_600_000,
  );
});
