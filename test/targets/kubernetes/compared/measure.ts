import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../../src/domain/versions/targets.ts';
import type { WorkloadKindName } from '../../../../src/domain/workload-kind.ts';
import { fingerprint, versionId } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import type { RollbackTarget } from '../../../../src/targets/target.ts';
import { context } from '../support.ts';
import type { Act, History } from './acts.ts';
import { Shell } from './shell.ts';
import { Turns } from './turns.ts';
import { type Bench, kubectl, type Place, Workload } from './workload.ts';

/** So many workers at the same time. */
const AT_ONCE = 8;
/** So many histories at the same time: each looks again and again, and waits for the next second. */
const MADE_AT_ONCE = 36;

/** What is chosen after a history. */
export interface Chosen {
  readonly kind: 'goes to' | 'stays at' | 'refuses';
  /** The version, or why there is none. */
  readonly what: string;
}

/** One history, as it was measured. */
export interface Row {
  readonly chapter: string;
  readonly done: string;
  readonly kubectl: Chosen;
  /** The default target. */
  readonly ours: Chosen;
  /** `--to previous`. */
  readonly previous: Chosen;
  readonly why: string | undefined;
}

/** True when the two end with the same template, or neither with any. */
export function isSame(a: Chosen, b: Chosen): boolean {
  return a.kind === b.kind && (a.kind === 'refuses' || a.what === b.what);
}

/**
 * Makes every history on a real cluster, many at the same time, and asks both what they would go back to.
 * @param prefix of the namespaces that are made.
 */
export async function measure(
  histories: readonly History[],
  place: Place,
  prefix: string,
): Promise<readonly Row[]> {
  using shell = new Shell(place.folder);
  const bench: Bench = { ...place, shell, workers: new Turns(AT_ONCE) };
  const making = new Turns(MADE_AT_ONCE);
  await place.cluster.createNamespace(prefix);
  const made = await Promise.all(
    histories.map(({ acts, pods = 0, apart, kind }, number) =>
      making.take(async () => {
        const namespace = apart ? `${pods > 0 ? 'instant-' : ''}${prefix}-${number}` : prefix;
        if (apart) await place.cluster.createNamespace(namespace);
        const workload = new Workload(bench, namespace, `history-${number}`, pods, kind);
        for (const { act, makes } of acts) await happen(workload, act, makes);
        return workload;
      }),
    ),
  );
  const ours = await Promise.all(made.map(chosenByUs));
  const kubectl = await undone(bench, made);
  return histories.map(({ chapter, acts, why }, number) => ({
    chapter,
    done: acts.map(({ words }) => words).join(', '),
    kubectl: kubectl[number] as Chosen,
    ...(ours[number] as { ours: Chosen; previous: Chosen }),
    why,
  }));
}

async function happen(workload: Workload, act: Act['act'], makes: Act['makes']): Promise<void> {
  if (makes) await workload.inAnotherSecond();
  const before = workload.called;
  await act(workload);
  await workload.seen(makes?.(before));
}

function chosenByUs(workload: Workload) {
  return workload.withTarget(async (target) => ({
    ours: await chosen(workload, target, { kind: 'known-good' }),
    previous: await chosen(workload, target, { kind: 'previous' }),
  }));
}

/** What a run would decide on: the check before the change, and the plan. */
async function chosen(workload: Workload, target: RollbackTarget, wish: TargetWish): Promise<Chosen> {
  try {
    await target.checkAccess(wish, context);
  } catch (error) {
    return { kind: 'refuses', what: (error as { type?: string }).type ?? String(error) };
  }
  const plan = planRollback(await target.observe(context), wish);
  if ('problem' in plan) return { kind: 'refuses', what: plan.problem };
  return { kind: plan.changesNothing ? 'stays at' : 'goes to', what: workload.nameOf(plan.to) };
}

/**
 * What the real command does, once for all workloads of a namespace. It is really done: a dry run does not show the
 * template that it would write.
 */
async function undone(bench: Bench, workloads: readonly Workload[]): Promise<readonly Chosen[]> {
  const outputs = new Map<string, string>();
  for (const [namespace, of] of Map.groupBy(workloads, (workload) => workload.namespace)) {
    const names = of.map(({ name, word }) => `${word}/${name}`);
    outputs.set(namespace, (await kubectl(bench, namespace, ['rollout', 'undo', ...names])).output);
  }
  return Promise.all(workloads.map((of) => outcomeIn(outputs.get(of.namespace) ?? '', of)));
}

/** From the line of a workload: `deployment.apps/history-1 rolled back`, or `no rollout history found for deployment "history-1"`. */
async function outcomeIn(output: string, workload: Workload): Promise<Chosen> {
  const isOf = new RegExp(`\\b${workload.name}\\b`);
  const lines = output.split('\n');
  // What it says of a paused Deployment, or of a StatefulSet without a history, names none.
  const line =
    lines.find((one) => isOf.test(one)) ?? lines.find((one) => NAMELESS[workload.kind].test(one)) ?? output;
  const done = / (rolled back|skipped rollback)/.exec(line)?.[1];
  if (!done) return { kind: 'refuses', what: refusalIn(line) };
  const { template } = (await workload.live()).spec;
  const id = versionId(template, workload.stamped);
  const what = workload.nameOf({ fingerprint: fingerprint(template), id });
  return { kind: done === 'rolled back' ? 'goes to' : 'stays at', what };
}

/** Refusals that name no workload. */
const NAMELESS: Readonly<Record<WorkloadKindName, RegExp>> = {
  Deployment: /^(error: )?you /,
  StatefulSet: /^(error: )?no last /,
  DaemonSet: /^(error: )?no last /,
};

/** The beginning of what kubectl says: `no rollout history found`. */
function refusalIn(line: string): string {
  return /^(?:error: )?(.*?)(?: for deployment|;|$)/.exec(line)?.[1] ?? line;
}
