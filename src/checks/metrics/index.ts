import { checkKind } from '../check-kind.ts';
import { createMetricsCheck } from './probe.ts';
import { metricsSettings } from './settings.ts';

/**
 * Runbook 6.4: failures have stopped growing. Every instance is scraped by itself: behind a Service the numbers of
 * several processes would mix (service contract, 6.3).
 *
 * Reads: /metrics of every instance.
 * Writes: nothing.
 */
export const metrics = checkKind({
  id: 'metrics',
  settings: metricsSettings,
  onByDefault: true,
  faults: () => [],
  create: (settings) => createMetricsCheck(settings),
});
