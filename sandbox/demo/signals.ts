import { ORCHESTRATOR_SIGNAL_IDS } from '../../src/signals/orchestrator/signals.ts';
import type { SandboxPrometheus } from '../prometheus/index.ts';

/** Whose series they are, by the label that Prometheus gives them. */
export interface MeasuredJob {
  readonly prometheus: Pick<SandboxPrometheus, 'url'>;
  readonly job: string;
}

/** Time that values are taken over, where a story takes seconds: real services deserve the default, 5 minutes. */
export const WINDOW_MS = 2_000;

/** Of a Prometheus whose story takes seconds. */
export const STORY_PACE = { scrapeEveryMs: 250 } as const;

/** The part of a profile that says what is measured, at the pace of a story. */
export function measured({ prometheus, job }: MeasuredJob): Readonly<Record<string, unknown>> {
  const quick = { window: `${WINDOW_MS}ms`, minSamples: 3 };
  return {
    prometheus: { addresses: [prometheus.url] },
    signals: {
      selector: { job },
      baseline: '1m',
      // One machine has one clock.
      clocks: '0s',
      orchestrator: Object.fromEntries(ORCHESTRATOR_SIGNAL_IDS.map((id) => [id, quick])),
    },
  };
}
