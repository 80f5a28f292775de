import { expect } from 'vitest';
import { after, apiStatus, before, goneInWatch, hang, refuse } from '../../../sandbox/faults/index.ts';
import { type FaultCase, ROLLED_BACK } from './case.ts';
import { HISTORY, PATCH, POD_WATCH, type Point, SLOW, WATCH } from './points.ts';

const gone = (point: Point): readonly FaultCase[] => [
  {
    fault: `410 instead of the stream at ${point.at}`,
    end: ROLLED_BACK,
    deployed: SLOW,
    arm({ proxy }) {
      const rule = proxy.rule({ ...point.match, times: 2 }, apiStatus(410));
      return () => expect(rule.hits).toHaveLength(2);
    },
  },
  {
    fault: `410 in the middle of the stream at ${point.at}`,
    end: ROLLED_BACK,
    deployed: SLOW,
    short: point === WATCH,
    arm({ proxy }) {
      let said = 0;
      const gone = goneInWatch(20, () => {
        said += 1;
      });
      proxy.rule({ ...point.match, times: 3 }, gone);
      return () => expect(said).toBeGreaterThanOrEqual(1);
    },
  },
];

/** Watches that end, and a server that is gone between two requests. */
export const watches: readonly FaultCase[] = [
  ...gone(WATCH),
  ...gone(POD_WATCH),
  {
    fault: 'refuses connections for 2 s while the plan is made and the snapshot taken',
    end: ROLLED_BACK,
    short: true,
    arm({ proxy }) {
      const rule = proxy.rule({ ...HISTORY.match, times: 1 }, async (intercepted) => {
        intercepted.reply(await intercepted.ask());
        intercepted.response.once('finish', () => intercepted.goDown(2_000));
      });
      return () => expect(rule.hits).toHaveLength(1);
    },
  },
  {
    fault: 'refuses connections for 2 s while the rollout is waited for',
    end: ROLLED_BACK,
    deployed: SLOW,
    arm({ proxy }) {
      const rule = proxy.rule({ ...POD_WATCH.match, times: 1 }, refuse(2_000));
      return () => expect(rule.hits).toHaveLength(1);
    },
  },
  {
    fault: 'the watch says nothing more from the write on, and stays open',
    end: { ...ROLLED_BACK, also: 'found by a read' },
    arm({ proxy }) {
      let silent = false;
      proxy.rule(WATCH.match, ({ pass }) => pass((piece) => (silent ? Buffer.alloc(0) : piece)));
      const rule = proxy.rule(
        PATCH.match,
        before(() => {
          silent = true;
        }),
      );
      return () => expect(rule.hits.length).toBeGreaterThanOrEqual(1);
    },
  },
  {
    fault: 'no watch is answered after the write',
    end: ROLLED_BACK,
    deployed: SLOW,
    arm({ proxy }) {
      let [written, hung] = [false, 0];
      proxy.rule({ ...WATCH.match }, (intercepted) => {
        if (!written || hung >= 1) return intercepted.pass();
        hung += 1;
        return hang(intercepted);
      });
      proxy.rule(
        { ...PATCH.match, times: 1 },
        after(() => {
          written = true;
        }),
      );
      proxy.rule({ ...POD_WATCH.match, times: 1 }, refuse(100));
      return () => expect(hung).toBe(1);
    },
  },
];
