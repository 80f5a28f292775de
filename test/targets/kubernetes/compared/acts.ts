import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../../sandbox/manifests.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../../src/domain/versions/targets.ts';
import { liveVersionOf } from '../../../../src/domain/versions/versions.ts';
import type { WorkloadKindName } from '../../../../src/domain/workload-kind.ts';
import { context } from '../support.ts';
import type { Workload } from './workload.ts';

/** Something that is done to a workload. */
export interface Act {
  readonly words: string;
  readonly act: (workload: Workload) => Promise<unknown>;
  /** How the table calls the version that it makes, from what was live before; none when it makes no version. */
  readonly makes?: (before: string) => string;
}

/** What is done, one after the other, and why ours may choose something else than kubectl. */
export interface History {
  readonly chapter: string;
  readonly acts: readonly Act[];
  /** One sentence, where ours is another choice; none where it is the same. */
  readonly why?: string;
  /** Default: a Deployment. */
  readonly kind?: WorkloadKindName;
  /** Pods that it needs; without one nothing has to start. */
  readonly pods?: number;
  /** Whether it does something to its whole namespace. */
  readonly apart?: true;
}

/** The first release, with settings of the Deployment that are the history's own. */
export function first(version: string, spec?: KubernetesObject, words = ''): Act {
  return {
    words: `${version}${words && ` (${words})`}`,
    makes: () => version,
    act: (workload) => workload.create(`v${version}`, spec),
  };
}

/** Another image in the manifest, and nothing else. */
export function release(version: string, words = version): Act {
  return {
    words,
    makes: () => version,
    act: (workload) => workload.container((container) => ({ ...container, image: imageOf(`v${version}`) })),
  };
}

/** Another edit of the manifest: it makes `<version> with <what>`. */
export function edit(what: string, change: (workload: Workload) => Promise<unknown>): Act {
  return { words: what, makes: (before) => `${bare(before)} with ${what}`, act: change };
}

/** An edit of the template of the pods. */
export function template(what: string, change: KubernetesObject): Act {
  return edit(what, (workload) => workload.patch({ spec: { template: change } }));
}

/** An edit of the first container. */
export function container(what: string, change: KubernetesObject): Act {
  return edit(what, (workload) => workload.container((before) => ({ ...before, ...change })));
}

/** Something that makes no other template. */
export function beside(words: string, act: (workload: Workload) => Promise<unknown>): Act {
  return { words, act };
}

/** A real command. @param makes how the version is called that it makes. */
export function kubectl(command: string, makes?: (before: string) => string): Act {
  return {
    words: `\`kubectl ${command}\``,
    ...(makes ? { makes } : {}),
    act: async (workload) => {
      const words = command.split(' ');
      const verbs = words.splice(0, /^(rollout|set) /.test(command) ? 2 : 1);
      const args = [...verbs, `${workload.word}/${workload.name}`, ...words];
      const { code, output } = await workload.kubectl(args);
      if (code !== 0) throw new Error(`kubectl ${command}: ${output}`);
    },
  };
}

export const undo: Act = kubectl('rollout undo');
export const undoTo = (revision: number): Act => kubectl(`rollout undo --to-revision=${revision}`);
export const restart: Act = kubectl('rollout restart', (before) => `${bare(before)} restarted`);
export const restartAgain: Act = kubectl('rollout restart', (before) => `${bare(before)} restarted again`);

export const proved: Act = beside('proved', (workload) => workload.record('passed'));
export const failed: Act = beside('seen to fail', (workload) => workload.record('failed'));
export const undecided: Act = beside('verified without a result', (workload) =>
  workload.record('inconclusive'),
);

/** A rollback of ours, without waiting for it. */
export function ours(target?: string): Act {
  return {
    words: `\`runbook rollback${target ? ` --to ${target}` : ''}\``,
    ...(target ? { makes: () => target } : {}),
    act: (workload) => rollBack(workload, parseTarget(target ?? 'known-good') as TargetWish),
  };
}

/** A rollback of ours, and the answer `restore-snapshot`. */
export const restored: Act = {
  words: '`runbook rollback`, which brings its snapshot back',
  act: async (workload) => {
    const snapshot = await workload.withTarget(async (target) =>
      target.takeSnapshot(liveVersionOf(await target.observe(context)), context),
    );
    await rollBack(workload, { kind: 'known-good' });
    await workload.seen();
    await rollBack(workload, { kind: 'snapshot', snapshot });
  },
};

function rollBack(workload: Workload, wish: TargetWish): Promise<unknown> {
  return workload.withTarget(async (target) => {
    const plan = planRollback(await target.observe(context), wish);
    if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
    await target.rollBack(plan.pin, context);
  });
}

/** The version alone: an edit of an edit is called by the last one. */
function bare(name: string): string {
  return name.split(' ')[0] ?? name;
}
