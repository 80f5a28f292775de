import { type OwnPlans, provingPlans } from '../../domain/proof/checks.ts';
import {
  add,
  type Counters,
  growthOf,
  type InstanceCounters,
  NOTHING,
  totals,
} from '../../signals/scrape/counters.ts';
import type { ProbeResult } from '../check.ts';
import { bad, good, unclear } from '../probe-results.ts';
import type { MetricsSettings } from './settings.ts';

type Settings = Pick<
  MetricsSettings,
  'needed' | 'maxPlanFailureRatio' | 'minPlans' | 'maxAgentFailureGrowth' | 'maxTaskSeconds'
>;

/** The plans that a probe judges. */
interface Basis {
  readonly started: number;
  readonly failed: number;
  /** Mean task duration in seconds; none when no task ended. */
  readonly mean: number | undefined;
  readonly observed: string;
}

/**
 * Judges the counters of all instances over the probes of one check: runbook 6.4.
 *
 * - Plans: failed over started over the last `needed` probes (service contract, 6.4), so that old pods show what
 *   happens now, and a failure that has passed is forgotten. While too few were started in that time: over the life of
 *   the instances, without our own.
 * - Task time: the mean over the same time; quantiles fall to 0 when nothing ran for a minute (service contract, 6.3).
 * - Agent failures: growth since the probe before.
 */
export class MetricsJudge {
  readonly #settings: Settings;
  #probes = 0;
  #before: readonly InstanceCounters[] | undefined;
  /** What was counted from probe to probe, over the last `needed` probes: a counter may start anew in between. */
  #growths: readonly Counters[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Judges one probe; `own` are the plans of our own smoke messages, sent before the first probe. */
  judge(now: readonly InstanceCounters[], own: OwnPlans = { started: 0, failed: 0 }): ProbeResult {
    this.#probes += 1;
    const growth = this.#before && growthOf(this.#before, now);
    this.#before = now;
    const life = totals(now);
    const { minPlans, maxPlanFailureRatio, maxAgentFailureGrowth, maxTaskSeconds, needed } = this.#settings;
    if (growth) this.#growths = [...this.#growths, growth].slice(-Math.max(1, needed - 1));
    const window = this.#growths.reduce(add, NOTHING);
    const isRecent = window.plansStarted >= minPlans;
    const { started, failed, mean, observed } = isRecent ? ofWindow(window) : ofLife(life, own);
    const values = {
      plansStarted: life.plansStarted,
      plansFailed: life.plansFailed,
      ...(started > 0 ? { planFailureRatio: rounded(failed / started) } : {}),
      agentFailures: life.agentFailures,
      ...(mean === undefined ? {} : { meanTaskSeconds: rounded(mean) }),
    };

    if (growth && growth.agentFailures > maxAgentFailureGrowth) {
      return bad(`agent failures still growing: ${growth.agentFailures} more since the last probe`, values);
    }
    if (maxTaskSeconds !== undefined && mean !== undefined && mean > maxTaskSeconds) {
      return bad(`tasks take ${rounded(mean)} s on average, more than ${maxTaskSeconds} s`, values);
    }
    if (!isRecent) {
      if (life.plansStarted < minPlans)
        return unclear(`insufficient data: ${life.plansStarted} plans started, ${minPlans} needed`, {
          values,
        });
      // Our own messages count here, as far as they were answered: they show that plans are counted at all.
      const proving = started + provingPlans(own);
      if (proving < minPlans) {
        // Only traffic of others could change it any more: it had the probes that a proof takes.
        const final = this.#probes >= needed;
        return unclear(`${observed}: what our own failed messages moved proves nothing`, {
          values,
          onlyOurs: true,
          ...(final ? { final } : {}),
        });
      }
    }
    if (failed > 0 && failed / started > maxPlanFailureRatio) return bad(observed, values);
    if (!growth && needed < 2) return unclear(`${observed}; one probe cannot show growth`, { values });
    return good(`${observed}; ${life.agentFailures} agent failures${growth ? ', not growing' : ''}`, values);
  }
}

function ofWindow(window: Counters): Basis {
  const { plansStarted: started, plansFailed: failed } = window;
  const observed = `${failed} of ${started} plans failed in the last probes`;
  return { started, failed, mean: meanOf(window), observed };
}

/** Without our own messages, whose verdict is the chat check's. */
function ofLife(life: Counters, own: OwnPlans): Basis {
  const started = Math.max(0, life.plansStarted - own.started);
  const failed = Math.max(0, life.plansFailed - own.failed);
  const ours = `${own.failed} of our own ${own.started}`;
  const observed =
    started + failed === 0 && own.started > 0
      ? `no plans but ours, ${ours} failed`
      : `${failed} of ${started} plans failed${own.started > 0 ? `, beside ${ours}` : ''}`;
  return { started, failed, mean: meanOf(life), observed };
}

function meanOf({ tasks, taskSeconds }: Counters): number | undefined {
  return tasks > 0 ? taskSeconds / tasks : undefined;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
