import type { Instance } from '../domain/pins.ts';
import type { MetricsSettings } from '../domain/profile.ts';
import type { Look } from './check.ts';
import { bad, good, unclear } from './looks.ts';
import type { Counters } from './scrape.ts';

/** What one instance has counted, at one look. */
export interface InstanceCounters {
  readonly instance: Instance;
  readonly counters: Counters;
}

type Settings = Pick<
  MetricsSettings,
  'needed' | 'maxPlanFailureRatio' | 'minPlans' | 'maxAgentFailureGrowth' | 'maxTaskSeconds'
>;

/**
 * Judges the counters of all instances over the looks of one check: runbook section 6.4.
 *
 * - Plans: failed over started, over the life of the instances. Few plans say nothing.
 * - Agent failures: growth since the look before.
 * - Task time: the mean; quantiles fall to 0 when nothing ran for a minute (service contract, section 2.3).
 */
export class MetricsJudge {
  readonly #settings: Settings;
  /** Plans that our own smoke messages may account for: their verdict is the chat check's (section 1.5, trap 6). */
  readonly #ownPlans: number;
  #before: readonly InstanceCounters[] | undefined;

  constructor(settings: Settings, ownPlans: number) {
    this.#settings = settings;
    this.#ownPlans = ownPlans;
  }

  judge(now: readonly InstanceCounters[]): Look {
    const before = this.#before;
    this.#before = now;
    const life = totals(now);
    const growth = before ? growthOf(before, now) : undefined;
    const mean = life.tasks > 0 ? life.taskSeconds / life.tasks : undefined;
    const values = {
      plansStarted: life.plansStarted,
      plansFailed: life.plansFailed,
      ...(life.plansStarted > 0 ? { planFailureRatio: rounded(life.plansFailed / life.plansStarted) } : {}),
      agentFailures: life.agentFailures,
      ...(mean === undefined ? {} : { meanTaskSeconds: rounded(mean) }),
    };
    const plans = `${life.plansFailed} of ${life.plansStarted} plans failed`;
    const { maxAgentFailureGrowth, maxTaskSeconds, minPlans, needed } = this.#settings;

    if (growth && growth.agentFailures > maxAgentFailureGrowth) {
      return bad(`agent failures still growing: ${growth.agentFailures} more since the last look`, values);
    }
    if (maxTaskSeconds !== undefined && mean !== undefined && mean > maxTaskSeconds) {
      return bad(`tasks take ${rounded(mean)} s on average, more than ${maxTaskSeconds} s`, values);
    }
    if (life.plansStarted < minPlans) {
      return unclear(`insufficient data: ${life.plansStarted} plans started, ${minPlans} needed`, { values });
    }
    const excess = this.#excess(life);
    if (excess === 'proved') return bad(plans, values);
    if (excess === 'perhaps ours' && (!growth || growth.plansFailed > 0)) {
      return unclear(`${plans}, perhaps our own smoke messages: does it grow?`, { values });
    }
    if (!growth && needed < 2) return unclear(`${plans}; one look cannot show growth`, { values });
    const failures = `${life.agentFailures} agent failures${growth ? ', not growing' : ''}`;
    const own = excess === 'perhaps ours' ? ', no more than our own smoke messages' : '';
    return good(`${plans}${own}; ${failures}`, values);
  }

  /** Whether too many plans failed, and whether our own smoke messages alone could explain it. */
  #excess({ plansStarted, plansFailed }: Counters): 'none' | 'perhaps ours' | 'proved' {
    const tooMany = (failed: number, started: number) =>
      failed > 0 && failed / started > this.#settings.maxPlanFailureRatio;
    if (!tooMany(plansFailed, plansStarted)) return 'none';
    const own = Math.min(this.#ownPlans, plansFailed);
    return tooMany(plansFailed - own, plansStarted - own) ? 'proved' : 'perhaps ours';
  }
}

const NOTHING: Counters = { plansStarted: 0, plansFailed: 0, agentFailures: 0, taskSeconds: 0, tasks: 0 };

function totals(all: readonly InstanceCounters[]): Counters {
  return sum(all.map(({ counters }) => counters));
}

/**
 * What was counted between two looks. A counter starts at 0 with each process (section 2.3): an instance that
 * restarted, or began after the last look, has counted all it shows since then.
 */
export function growthOf(before: readonly InstanceCounters[], now: readonly InstanceCounters[]): Counters {
  return sum(
    now.map(({ instance, counters }) => {
      const last = before.find((earlier) => earlier.instance.uid === instance.uid);
      if (!last || last.instance.restarts !== instance.restarts) return counters;
      return map(counters, (name) => {
        const [value, previous] = [counters[name], last.counters[name]];
        return value < previous ? value : value - previous;
      });
    }),
  );
}

function sum(all: readonly Counters[]): Counters {
  return all.reduce((total, counters) => map(total, (name) => total[name] + counters[name]), NOTHING);
}

function map(counters: Counters, of: (name: keyof Counters) => number): Counters {
  const names = Object.keys(counters) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, of(name)])) as unknown as Counters;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
