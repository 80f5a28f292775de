import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../../src/domain/versions/targets.ts';
import type { RolloutProgress } from '../../../../src/targets/target.ts';
import { locateTool } from '../../../../tools/index.ts';
import { until } from '../../../../tools/until.ts';
import { context, type openWorld, type Service } from '../world.ts';

const run = promisify(execFile);

export const STATEFUL_SET = { kind: 'StatefulSet' } as const;

/** What a run would plan from what is there now, as another worker. */
export async function planned(of: Service, target = 'known-good') {
  const plan = planRollback(await (await of.another()).observe(context), parseTarget(target) as TargetWish);
  if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
  return plan;
}

/** Pods of the set that are not going, by their names. */
export async function podsOf(
  { api }: ReturnType<ReturnType<typeof openWorld>['cluster']>,
  of: Service,
): Promise<readonly KubernetesObject[]> {
  const { items } = await api.must('GET', of.path('pods'));
  return items
    .filter(({ metadata }: KubernetesObject) => !metadata.deletionTimestamp)
    .toSorted((a: KubernetesObject, b: KubernetesObject) => a.metadata.name.localeCompare(b.metadata.name));
}

/** The tags that the pods run, by ordinal. */
export async function tagsOf(
  cluster: ReturnType<ReturnType<typeof openWorld>['cluster']>,
  of: Service,
): Promise<readonly string[]> {
  return (await podsOf(cluster, of)).map(({ spec }) => spec.containers[0].image.split(':').at(-1));
}

/** Waits for what is live now, with what was reported on the way. */
export function wait(of: Service, resume?: RolloutProgress) {
  const reports: RolloutProgress[] = [];
  const stop = new AbortController();
  const finished = of.target
    .current(context)
    .then((rollout) =>
      of.target.waitForRollout(rollout, { signal: stop.signal }, (report) => reports.push(report), resume),
    );
  finished.catch(() => {});
  /** @throws the error of the wait, when it ends before. */
  const says = (words: RegExp | string) =>
    Promise.race([
      until(`the wait to say ${words}`, async () => reports.find(({ message }) => message.match(words)), {
        withinMs: 12_000,
      }),
      finished.then((ended) => {
        throw new Error(`the wait has ended too early: ${JSON.stringify(ended)}`);
      }),
    ]);
  return { finished, reports, says, stop: () => stop.abort(new Error('the worker went away')) };
}

/** Does what a message tells a person to do: the command at its end, with the real kubectl. */
export async function obey(
  { adminKubeconfig }: ReturnType<ReturnType<typeof openWorld>['cluster']>,
  message: string,
): Promise<string> {
  const command = /\bkubectl .*$/.exec(message)?.[0] ?? '';
  const { path } = await locateTool('kubectl');
  const env = { ...process.env, KUBECONFIG: adminKubeconfig };
  const { stdout } = await run('sh', ['-c', command.replace(/^kubectl/, '"$0"'), path], { env });
  return stdout;
}
