import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { until } from '../../../../tools/until.ts';
import { context } from '../support.ts';
import { type Act, beside, first, release } from './acts.ts';
import { Shell } from './shell.ts';
import { Turns } from './turns.ts';
import { type Bench, type Place, Workload } from './workload.ts';

/** Of kubectl: until it is taken to wait for ever, where it is to, and within what it is done on the slowest machine. */
const WAITS_FOR_EVER_S = 8;
const DONE_WITHIN_S = 60;
const REPLICAS = 2;

/** What is done to a StatefulSet before it is gone back, and what is different then. */
export interface WaitCase {
  readonly acts: readonly Act[];
  /** kubectl is to wait for ever. */
  readonly standsStill?: true;
  readonly why?: string;
}

/** What both come to. */
export interface WaitRow {
  readonly done: string;
  /** `kubectl rollout undo`, then `kubectl rollout status`. */
  readonly kubectl: string;
  /** `runbook rollback`, until its wait is over. */
  readonly ours: string;
  readonly why: string | undefined;
}

const rolledOut = beside('rolled out', (workload) => workload.complete());
const strategy = (words: string, updateStrategy: object): Act =>
  beside(words, (workload) => workload.patch({ spec: { updateStrategy } }));
/** No registry has it. */
const BROKEN = '9.9.9';
const stuck: Act = beside('stuck at its last pod', (workload) =>
  until('a pod of the broken release', async () => {
    const { body } = await workload.api.call('GET', workload.path(`pods/${workload.name}-${REPLICAS - 1}`));
    return body.status?.containerStatuses?.[0]?.state?.waiting?.reason !== undefined;
  }),
);
const canary: Act = beside('its last pod alone', (workload) =>
  until('the canary to be ready', async () => {
    const { status } = await workload.live();
    return status.updatedReplicas === 1 && status.readyReplicas === REPLICAS;
  }),
);

/** What a StatefulSet may be in the middle of. */
export const WAITS: readonly WaitCase[] = [
  { acts: [first('0.1.0'), rolledOut, release('0.2.0'), rolledOut] },
  {
    acts: [first('0.1.0'), rolledOut, release(BROKEN), stuck],
    standsStill: true,
    why: 'the controller waits for the broken pod before it replaces any, and kubectl waits with it (kubernetes/kubernetes#67250); ours replaces that pod.',
  },
  {
    acts: [
      first('0.1.0'),
      rolledOut,
      release('0.2.0'),
      rolledOut,
      strategy('partition: 1', { rollingUpdate: { partition: 1 } }),
    ],
    why: 'kubectl calls a part of the pods a success; ours names the pods that still are of the bad release, and the command.',
  },
  {
    acts: [
      first('0.1.0'),
      rolledOut,
      strategy('partition: 1', { rollingUpdate: { partition: 1 } }),
      release('0.2.0'),
      canary,
    ],
  },
  {
    acts: [
      first('0.1.0'),
      rolledOut,
      release('0.2.0'),
      rolledOut,
      strategy('updateStrategy: OnDelete', { type: 'OnDelete', rollingUpdate: null }),
    ],
    why: 'kubectl changes the set and says nothing of the pods that stay; ours names them, and the command.',
  },
  {
    acts: [
      first('0.1.0'),
      rolledOut,
      release('0.2.0'),
      beside('scaled to 0', async (workload) => {
        await workload.patch({ spec: { replicas: 0 } }, 'kubectl-scale');
        await workload.complete();
      }),
    ],
  },
  {
    acts: [first(BROKEN, { podManagementPolicy: 'Parallel' }), release('0.2.0'), rolledOut],
    standsStill: true,
    why: 'nobody has the image that is gone back to: ours ends with the pod and the cause, kubectl waits on.',
  },
];

/** Does every case twice on a real cluster, all at the same time: once for kubectl, once for the runbook. */
export async function measureWaits(
  cases: readonly WaitCase[],
  place: Place,
  namespace: string,
): Promise<readonly WaitRow[]> {
  using shell = new Shell(place.folder);
  const bench: Bench = { ...place, shell, workers: new Turns(cases.length) };
  await place.cluster.createNamespace(namespace);
  return await Promise.all(
    cases.map(async ({ acts, standsStill, why }, number) => {
      const [kubectl, ours] = await Promise.all(
        (['kubectl', 'ours'] as const).map(async (who) => {
          const workload = new Workload(bench, namespace, `${who}-${number}`, REPLICAS, 'StatefulSet');
          for (const { act, makes } of acts) {
            if (makes) await workload.inAnotherSecond();
            const before = workload.called;
            await act(workload);
            await workload.seen(makes?.(before));
          }
          const withinS = standsStill ? WAITS_FOR_EVER_S : DONE_WITHIN_S;
          return who === 'ours' ? waitedByUs(workload) : waitedByKubectl(workload, withinS);
        }),
      );
      const done = acts.map(({ words }) => words).join(', ');
      return { done, kubectl: kubectl ?? '', ours: ours ?? '', why };
    }),
  );
}

/** True when both come to the same end. */
export function endsAlike({ kubectl, ours }: WaitRow): boolean {
  return kubectl === ours;
}

async function waitedByKubectl(workload: Workload, withinS: number): Promise<string> {
  const on = `${workload.word}/${workload.name}`;
  const undone = await workload.kubectl(['rollout', 'undo', on]);
  if (undone.code !== 0) return `refuses: ${undone.output}`;
  const { code, output } = await workload.kubectl(['rollout', 'status', on, `--timeout=${withinS}s`]);
  if (code === 0) return 'done';
  const last = output.split('\n').at(-1) || `exit code ${code}`;
  return /timed out/.test(last) ? 'waits for ever' : `fails: ${last.replace(/^error: /, '')}`;
}

function waitedByUs(workload: Workload): Promise<string> {
  return workload.withTarget(async (target) => {
    const plan = planRollback(await target.observe(context), { kind: 'previous' });
    if ('problem' in plan) return `refuses: ${plan.problem}`;
    const started = await target.rollBack(plan.pin, context);
    try {
      const { warnings = [] } = await target.waitForRollout(started, context, () => undefined);
      return warnings.some((words) => words.startsWith('replaced')) ? 'done, one pod replaced' : 'done';
    } catch (error) {
      return (error as { type?: string }).type ?? String(error);
    }
  });
}
