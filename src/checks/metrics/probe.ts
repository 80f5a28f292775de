import { scrape } from '../../signals/scrape/scrape.ts';
import type { Check } from '../check.ts';
import { unclear } from '../probe-results.ts';
import { MetricsJudge } from './judge.ts';
import type { MetricsSettings } from './settings.ts';

/** The check of one service; what it proves stands with the kind. */
export function createMetricsCheck(settings: MetricsSettings): Check<'metrics'> {
  const judge = new MetricsJudge(settings);
  return {
    id: 'metrics',
    needsInstances: true,
    probe: async ({ signal, instances, ownPlans }) => {
      if (instances.length === 0) return unclear('no running instance is known');
      const scrapes = await Promise.all(instances.map((instance) => scrape(settings, instance, signal)));
      const problems = scrapes.flatMap((found) =>
        'problem' in found ? [`${found.instance.name}: ${found.problem}`] : [],
      );
      // A part of the instances is no picture of the service: absent counters would read as zero.
      if (problems.length > 0) return unclear(`scrape failed, ${problems.join('; ')}`);
      return judge.judge(
        scrapes.flatMap((found) => ('counters' in found ? [found] : [])),
        ownPlans,
      );
    },
  };
}
