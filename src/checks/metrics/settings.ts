import * as z from 'zod';
import { apiPath, port, section } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, policyKeys } from '../check-policy.ts';

const metricName = (name: string) =>
  z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'expected the name of a metric')
    .default(name);

export const metricsSettings = section({
  port: port()
    .default(9000)
    .describe(
      'Port of the metrics listener on every pod. It must listen on the pod address: METRICS_ADDR=0.0.0.0:9000 (service contract, 6.1).',
    ),
  path: apiPath().default('/metrics').describe('Path of the metrics.'),
  maxPlanFailureRatio: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'Failed over started plans, over the last probes, that is still normal. 0.05 is the limit of the alert HighErrorRate (service contract, 9.1).',
    ),
  minPlans: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'Plans that must have been started before the ratio says anything. With fewer in the last probes, the life of the pods is judged, without our own smoke messages.',
    ),
  maxAgentFailureGrowth: z
    .int()
    .min(0)
    .default(0)
    .describe('Growth of the agent failures from one probe to the next that is still normal.'),
  maxTaskSeconds: z
    .number()
    .positive()
    .exactOptional()
    .describe(
      'Mean task duration in seconds, over the same time as the ratio, that is still normal; without it not judged.',
    ),
  names: section({
    planStarted: metricName('orchestrator_plan_started_total').describe('Counter of started plans.'),
    planFailed: metricName('orchestrator_plan_failed_total').describe('Counter of failed plans.'),
    agentFailures: metricName('agent_call_failures_total').describe('Counter of failed agent calls.'),
    taskDuration: metricName('orchestrator_task_duration_seconds').describe(
      'Summary or histogram of task durations.',
    ),
  })
    .prefault({})
    .describe('Names of the metrics, where a version has other ones.'),
  ...policyKeys({
    needed: 3,
    within: '2m',
    timeout: '5s',
    every: '10s',
    pace: 'Three probes observe 20s, in which users send plans and a failing one ends with all of its retries (service contract, 4.7). Not over 20s (service contract, 6.3).',
  }),
}).transform(inMilliseconds);

/** What can be set of the check metrics. */
export type MetricsSettings = SettingsFrom<typeof metricsSettings>;
