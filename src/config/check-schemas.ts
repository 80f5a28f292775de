import * as z from 'zod';
import { CHAT_ERROR_CODES } from '../checks/chat-answer.ts';
import { DRIVES_GIT } from '../checks/smoke-message.ts';
import { apiPath, duration, port, section, text } from './schema-parts.ts';

/** How often a check looks and when it gives up, with the defaults of one check and the reason for its pace. */
function policy(
  needed: number,
  within: string,
  timeout: string,
  every = '2s',
  pace = 'Not under 2s in production: the service limits its clients (service contract, 2.5).',
) {
  return {
    needed: z
      .int()
      .min(1)
      .max(20)
      .default(needed)
      .describe('Good looks in a row that prove the service well.'),
    every: duration('0ms', '5m').prefault(every).describe(`From the begin of one look to the next. ${pace}`),
    within: duration('100ms', '14m').prefault(within).describe('Budget of the whole check.'),
    timeout: duration('50ms', '5m').prefault(timeout).describe('Time-out of one look.'),
  };
}

export const healthSchema = section({
  path: apiPath().default('/health').describe('Path under the endpoint.'),
  provider: text()
    .optional()
    .describe('LLM provider that /health must name; without it the one in the known-good evidence.'),
  model: text()
    .optional()
    .describe('LLM model that /health must name; without it the one in the known-good evidence.'),
  ...policy(3, '2m', '5s'),
});

export const chatSchema = section({
  path: apiPath().default('/api/v1/chat').describe('Path under the endpoint.'),
  message: text(200)
    .refine((message) => !DRIVES_GIT.test(message), {
      error:
        'contains "git" or "commit": the planner would hand it to git_agent, which may change a repository',
    })
    .default('rollback smoke test')
    .describe(
      'The smoke message; a nonce is appended. Must not contain "git" or "commit" (service contract, 4.4).',
    ),
  acceptErrors: z
    .array(z.enum(CHAT_ERROR_CODES))
    .default([])
    .describe(
      'Codes of well-formed errors that count as an answer (runbook 6.2). Empty: only success counts.',
    ),
  maxMessages: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe(
      'Smoke messages that one check may send. The service stores each one and feeds it into later prompts (service contract, 4.6). After one without a good answer the next waits for its share of the budget, within / maxMessages.',
    ),
  ...policy(1, '3m', '45s'),
});

export const agentsSchema = section({
  path: apiPath().default('/api/v1/agents').describe('Path under the endpoint.'),
  expected: z
    .array(text(100))
    .default([])
    .describe(
      'Agents that must be there. An agent appears only after its first task (service contract, 5.2).',
    ),
  onMissing: z
    .enum(['inconclusive', 'fail', 'ignore'])
    .default('inconclusive')
    .describe(
      'What a missing agent, or an empty list, means. A generation that never lists its agents needs "ignore".',
    ),
  instancePort: port()
    .optional()
    .describe(
      'Port of the API on every pod: each is asked by itself, because each has its own database. Without it the endpoint is asked.',
    ),
  ...policy(2, '3m', '5s'),
});

const metricName = (name: string) =>
  z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'expected the name of a metric')
    .default(name);

export const metricsSchema = section({
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
      'Failed over started plans, over the last looks, that is still normal. 0.05 is the limit of the alert HighErrorRate (service contract, 9.1).',
    ),
  minPlans: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'Plans that must have been started before the ratio says anything. With fewer in the last looks, the life of the pods is judged, without our own smoke messages.',
    ),
  maxAgentFailureGrowth: z
    .int()
    .min(0)
    .default(0)
    .describe('Growth of the agent failures from one look to the next that is still normal.'),
  maxTaskSeconds: z
    .number()
    .positive()
    .optional()
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
  ...policy(
    3,
    '2m',
    '5s',
    '10s',
    'Three looks observe 20s, in which users send plans and a failing one ends with all of its retries (service contract, 4.7). Not over 20s (service contract, 6.3).',
  ),
});
