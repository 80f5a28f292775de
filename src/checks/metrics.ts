import type { MetricsSettings } from '../domain/profile.ts';
import type { Check } from './check.ts';
import { MetricsJudge } from './judge-metrics.ts';
import { unclear } from './looks.ts';
import { scrape } from './scrape.ts';

/**
 * Runbook 6.4: failures have stopped growing. Every instance is scraped by itself: behind a Service the numbers of
 * several processes would mix (service contract, 6.3).
 */
export function createMetricsCheck(settings: MetricsSettings): Check {
  const judge = new MetricsJudge(settings);
  return {
    id: 'metrics',
    needsInstances: true,
    look: async ({ signal, instances, ownPlans }) => {
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
