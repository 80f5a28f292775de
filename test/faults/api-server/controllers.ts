import { expect } from 'vitest';
import { before } from '../../../sandbox/faults/index.ts';
import { freeze } from '../../../tools/processes/freeze.ts';
import type { World } from './behind-proxy.ts';
import { type End, type FaultCase, ROLLED_BACK } from './case.ts';
import { PATCH, type Point, REVIEW } from './points.ts';

/** Stops the controllers at a request and lets them go on after a while, or when the run has ended. */
function stopped(
  point: Point,
  { ms, spec, end }: { ms?: number; spec?: object; end: End },
  what: string,
): FaultCase {
  return {
    fault: `the controllers are stopped (SIGSTOP) ${what}`,
    end,
    short: ms !== undefined && point === PATCH,
    ...(spec ? { deployed: { spec } } : {}),
    arm({ proxy, stage, atEnd }: World) {
      const controllers = stage.sandbox.cluster.controlPlane.processes.controllers.current();
      let going: NodeJS.Timeout | undefined;
      const rule = proxy.rule(
        { ...point.match, times: 1 },
        before(async () => {
          await freeze(controllers.pid);
          if (ms !== undefined) going = setTimeout(() => controllers.signal('SIGCONT'), ms);
        }),
      );
      atEnd(() => {
        clearTimeout(going);
        controllers.signal('SIGCONT');
      });
      return () => expect(rule.hits).toHaveLength(1);
    },
  };
}

/** Nothing rolls out while the controllers stand still. These hurt every service: one at a time. */
export const controllers: readonly FaultCase[] = [
  stopped(PATCH, { ms: 3_000, end: ROLLED_BACK }, 'for 3 s from the write on'),
  stopped(REVIEW, { ms: 3_000, end: ROLLED_BACK }, 'for 3 s from the first request on'),
  stopped(
    PATCH,
    { spec: { progressDeadlineSeconds: 4 }, end: { error: 'RolloutTimedOut', writes: 1 } },
    'beyond the progress deadline',
  ),
];
