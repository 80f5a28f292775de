import { until } from '../../tools/until.ts';
import type { SandboxPrometheus } from '../prometheus/index.ts';
import { WINDOW_MS } from './signals.ts';

/** The series of a service, and who is asked for them. */
export interface WatchedJob {
  readonly prometheus: Pick<SandboxPrometheus, 'ask'>;
  readonly job: string;
}

/** The share of failed plans over one window, as PromQL has it. */
function failedShare(job: string): string {
  const over = `{job="${job}"}[${WINDOW_MS}ms]`;
  const [failed, started] = ['failed', 'started'].map(
    (what) => `sum(increase(orchestrator_plan_${what}_total${over}))`,
  );
  // Of enough plans to be told by.
  return `(${failed} or 0 * ${started}) / (${started} >= 8)`;
}

/**
 * Waits until Prometheus has seen the service for long enough to know what is normal.
 * @param points that it has of every instance by then.
 */
export async function untilKnown(
  { prometheus, job }: WatchedJob,
  { points = 30, signal }: { readonly points?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const counted = `min(count_over_time(orchestrator_plan_started_total{job="${job}"}[1m]))`;
  const isKnown = async () => ((await prometheus.ask(counted))[0]?.value ?? 0) >= points;
  await until('a past', isKnown, { signal });
}

/**
 * Waits until what Prometheus says of the share of failed plans is this.
 * @param forMs at its least over this time, in ms.
 */
export async function untilFailedShare(
  { prometheus, job }: WatchedJob,
  is: (share: number) => boolean,
  { forMs = 0, signal }: { readonly forMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const share = failedShare(job);
  const all = `(${share})[${forMs}ms:250ms]`;
  // At every moment of that time: what is missing is no least.
  const asked = forMs > 0 ? `min_over_time(${all}) and count_over_time(${all}) >= ${forMs / 250 - 1}` : share;
  await until(
    'a share of failed plans',
    async () => {
      const [answer] = await prometheus.ask(asked);
      return answer !== undefined && is(answer.value);
    },
    { signal },
  );
}

/** Waits until Prometheus says that plans fail: a larger share than this, for so long. */
export async function untilPlansFail(
  service: WatchedJob,
  signal: AbortSignal,
  { over = 0.5, forMs = 0 }: { readonly over?: number; readonly forMs?: number } = {},
): Promise<void> {
  await untilFailedShare(service, (share) => share > over, { forMs, signal });
}
