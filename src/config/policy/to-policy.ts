import type { RunPolicy } from '../../domain/request/policy.ts';
import type { ServiceEntry } from '../schema.ts';

/** How runs of a service behave: durations in milliseconds, single steps only as far as they differ. */
export function toPolicy(entry: ServiceEntry): RunPolicy {
  const { decisions, approval, onCancel, longestPause, budgets, followThrough } = entry;
  const { wait: waitMs, steps, ...deciding } = decisions;
  const { expires: expiresMs, ...approving } = approval;
  return {
    decisions: { waitMs, ...deciding, steps: stepsOf(steps) },
    approval: { ...approving, expiresMs },
    onCancel,
    pauseMs: longestPause,
    budgets: {
      decideMs: budgets.decide,
      actMs: budgets.act,
      proveMs: budgets.prove,
      targetMs: budgets.target,
      acceptableMs: budgets.acceptable,
    },
    followThrough: {
      forMs: followThrough.for,
      everyMs: followThrough.every,
      failures: followThrough.failures,
    },
    ...(entry.signals ? { need: entry.need } : {}),
    ...(entry.preconditions ? { preconditions: true as const } : {}),
  };
}

function stepsOf(steps: ServiceEntry['decisions']['steps']): RunPolicy['decisions']['steps'] {
  return Object.fromEntries(
    Object.entries(steps).map(([step, { wait, ...rest }]) => [
      step,
      { ...(wait === undefined ? {} : { waitMs: wait }), ...rest },
    ]),
  );
}
