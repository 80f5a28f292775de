import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openStage, type Stage } from '../stories/stage.ts';
import { olderInTheWay, pinnedToOlder } from './builds-run.ts';
import { inLong, inShort } from './forms.ts';
import { kubernetesTrial } from './kubernetes-trial.ts';
import { makeOlderBuild } from './older-build.ts';
import { requestPoint } from './points.ts';
import { goThrough } from './trials.ts';
import { type Fate, oneOfTwo } from './two-workers-run.ts';
import { standardRun } from './undisturbed.ts';

/** Most of a run is waiting for a time-out. */
const AT_ONCE = 8;

let stage: Stage;
let older: string;
beforeAll(async () => {
  stage = await openStage();
  older = await makeOlderBuild(join(stage.sandbox.folder, 'older-build'));
});
afterAll(() => stage?.close());

const open = (name: string) => kubernetesTrial(stage, name);
const at = (fate: Fate, point: Parameters<typeof oneOfTwo>[1]) => oneOfTwo(fate, point, 'Kubernetes', open);
const builds = () => ({ target: 'Kubernetes' as const, older, open });
const patch = requestPoint(
  'before',
  'api',
  'PATCH /apis/apps/v1/namespaces/*/deployments/master-orchestrator',
  1,
);

inShort(
  'of two workers one stands still until the other has done its step, or is of an older build: the run ends as it would',
  async () => {
    await goThrough([at('overtaken', patch), pinnedToOlder(builds())], AT_ONCE);
  },
  120_000,
);

inLong(
  'of two workers one is killed or stopped at every turn, or of an older build: the run ends as it would',
  async () => {
    const { calls, effects } = await standardRun(open);
    // The second worker comes when the first one has its first task: the answer with that task is behind them.
    const turns = calls.filter(({ name }) => name.startsWith('before'));
    await goThrough(
      [
        ...turns.map((point) => at('killed', point)),
        ...turns.map((point) => at('stopped', point)),
        ...effects.filter(({ name }) => name.startsWith('before')).map((point) => at('overtaken', point)),
        pinnedToOlder(builds()),
        olderInTheWay(builds()),
      ],
      AT_ONCE,
    );
  },
  3_600_000,
);
