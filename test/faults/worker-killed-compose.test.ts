import { afterAll, beforeAll, describe, expect } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { type ComposeGround, composeTrial, openGround } from './compose-trial.ts';
import { inLong, inShort } from './forms.ts';
import { killedAt, killedBeforehand, killedWhileRetrying, missedEvents } from './killed-run.ts';
import { CLOSING, commandPoint } from './points.ts';
import { goThrough } from './trials.ts';
import { standardRun } from './undisturbed.ts';

/** Most of a run is waiting for a time-out. */
const AT_ONCE = 8;

const problem = await composeHostProblem();

describe.skipIf(problem)(`a rollback of a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let ground: ComposeGround;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground?.close());

  const open = (name: string) => composeTrial(ground, name);

  inShort(
    'whose worker is killed with -9 at the turns of a run ends as if nothing had been',
    async () => {
      const points = [
        commandPoint('after', 'GET /containers/{id}/json', 1),
        commandPoint('during', 'compose up', 1),
        commandPoint('after', 'compose up', 1),
      ];
      await goThrough(
        points.map((point) => killedAt(point, 'Compose', open)),
        AT_ONCE,
      );
    },
    120_000,
  );

  inLong(
    'whose worker is killed with -9 after every event, and around every command, ends as if nothing had been',
    async () => {
      const { events, calls, effects } = await standardRun(open);
      const killed = await goThrough(
        [
          killedBeforehand('Compose', open),
          ...[...calls, CLOSING, ...effects].map((point) => killedAt(point, 'Compose', open)),
          ...killedWhileRetrying('Compose', open),
        ],
        AT_ONCE,
      );
      expect(await missedEvents(events, killed, 'Compose', open, AT_ONCE)).toEqual([]);
    },
    3_600_000,
  );
});
