import { until } from '../../tools/until.ts';
import { WINDOW_MS } from './signals.ts';
import type { MeasuredService } from './world.ts';

/** Points that Prometheus has before it is known what is normal. */
const POINTS = 30;

/** The share of failed plans over one window, as PromQL has it. */
function failedShare(job: string): string {
  const over = `{job="${job}"}[${WINDOW_MS}ms]`;
  const [failed, started] = ['failed', 'started'].map(
    (what) => `sum(increase(orchestrator_plan_${what}_total${over}))`,
  );
  // Of enough plans to be told by.
  return `(${failed} or 0 * ${started}) / (${started} >= 8)`;
}

/** Waits until Prometheus has seen the service for long enough to know what is normal. */
export async function untilKnown({ prometheus, job }: MeasuredService, signal: AbortSignal): Promise<void> {
  const points = `min(count_over_time(orchestrator_plan_started_total{job="${job}"}[1m]))`;
  const isKnown = async () => ((await prometheus.ask(points))[0]?.value ?? 0) >= POINTS;
  await until('a past', isKnown, { signal });
}

/**
 * Waits until Prometheus says that plans fail.
 * @param forMs at its least over this time, in ms.
 */
export async function untilPlansFail(
  { prometheus, job }: MeasuredService,
  signal: AbortSignal,
  { over = 0.5, forMs = 0 }: { readonly over?: number; readonly forMs?: number } = {},
): Promise<void> {
  const share = failedShare(job);
  const all = `(${share})[${forMs}ms:250ms]`;
  // At every moment of that time: what is missing is no least.
  const asked = forMs > 0 ? `min_over_time(${all}) and count_over_time(${all}) >= ${forMs / 250 - 1}` : share;
  const fail = async () => ((await prometheus.ask(asked))[0]?.value ?? 0) > over;
  await until('failing plans', fail, { signal });
}
