import * as z from 'zod';
import { SIGNAL_UNITS } from '../domain/need/signals.ts';
import { apiPath, duration, port, section, text } from '../schema-parts/parts.ts';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import { gitSignalsSchema } from './git/index.ts';
import {
  ORCHESTRATOR_SIGNAL_IDS,
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignalId,
} from './orchestrator/signals.ts';
import { LABEL, type LabelMatcher } from './promql/selector.ts';
import { PREFERENCES } from './read-signals.ts';

/** Of one scrape, where nothing else is said. */
export const SCRAPE_TIMEOUT = '3s';

const WINDOW = 'Time that one value is taken over.';
const SAMPLES = 'So many events (plans, calls, answers) must stand behind a value, or it says nothing.';
const LIMIT = 'Beyond this it is bad, whatever it was before; in the unit of the signal.';
const GROWTH =
  'Bad when it is this many times what it was before the current version was live, or one such part of it where lower is worse.';
const NOISE = 'With growth: a change smaller than this is none.';
const DECIDES =
  'Whether the question of the release stays open while this cannot be told. The others only add to it.';

const window = () => duration('1s', '6h');
const samples = () => z.int().min(0).max(1_000_000);
const amount = () => z.number().min(0).max(1e9);
const factor = () => z.number().gt(1).max(1000);

/** One of the orchestrator's signals: what of it is to differ, or `false`. */
function orchestratorKey(id: OrchestratorSignalId) {
  const { about, definition } = ORCHESTRATOR_SIGNALS[id];
  const { windowMs, minSamples, limit, growth, noise, decides } = definition;
  const number = (schema: z.ZodNumber, value: number | undefined) =>
    value === undefined ? schema.optional() : schema.default(value);
  return z
    .union(
      [
        z.literal(false),
        section({
          window: window()
            .prefault(`${windowMs / 60_000}m`)
            .describe(WINDOW),
          minSamples: samples().default(minSamples).describe(SAMPLES),
          limit: number(amount(), limit).describe(LIMIT),
          growth: number(factor(), growth).describe(GROWTH),
          noise: number(amount(), noise).describe(NOISE),
          decides: z.boolean().default(decides).describe(DECIDES),
        }),
      ],
      { error: 'expected what of the signal is to differ, or false to switch it off' },
    )
    .prefault({})
    .describe(`${about} false switches it off.`);
}

type OrchestratorKeys = { readonly [Id in OrchestratorSignalId]: ReturnType<typeof orchestratorKey> };

const orchestratorSchema = section(
  Object.fromEntries(ORCHESTRATOR_SIGNAL_IDS.map((id) => [id, orchestratorKey(id)])) as OrchestratorKeys,
)
  .prefault({})
  .describe('The signals of the master orchestrator, each with its defaults.');

const matcher = () =>
  z.union(
    [
      text(300),
      section({ not: z.string().max(300).describe('Any value but this one.') }),
      section({ matches: expression().describe('A regular expression (RE2) of the whole value.') }),
      section({ notMatches: expression().describe('Any value that does not match.') }),
    ],
    { error: 'expected a value, or one of { not: … }, { matches: … }, { notMatches: … }' },
  );

const expression = () =>
  z.string().min(1).max(300).refine(isExpression, { error: 'expected a regular expression' });

function isExpression(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}

const selectorSchema = z
  .record(
    z.string().regex(LABEL, 'expected the name of a label, such as job'),
    matcher().transform((one): LabelMatcher => one as LabelMatcher),
  )
  .refine((selector) => !Object.hasOwn(selector, 'le') && !Object.hasOwn(selector, 'quantile'), {
    error: 'le and quantile belong to the series of one metric: select by job, namespace, pod or version',
  })
  .default({})
  .describe(
    'Which series in Prometheus are those of this service, by their labels: { job: master-orchestrator, namespace: phoenix-orch, version: { not: canary } }. The service gives its metrics no labels (service contract, 6.2), so these are those that Prometheus adds; pods of a canary count where they are not left out (8.1).',
  );

const metricName = () =>
  z
    .string()
    .regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'expected the name of a metric')
    .exactOptional();

const customSchema = z
  .array(
    section({
      id: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,60}$/, 'expected lower case letters, digits and -')
        .describe('Name of the signal, in records and on the command line.'),
      title: text(80).describe('For people, as it stands before a number: failed logins.'),
      unit: z
        .enum(SIGNAL_UNITS)
        .describe('What the number is: a share from 0 to 1, events a second, seconds, or a count.'),
      query: text(4000).describe(
        'PromQL that gives one number. $window stands for the window, as in rate(logins_failed_total[$window]).',
      ),
      samples: text(4000)
        .exactOptional()
        .describe('PromQL of the number of events behind it. Without it minSamples does not count.'),
      window: window().prefault('5m').describe(WINDOW),
      minSamples: samples().default(1).describe(SAMPLES),
      worse: z.enum(['higher', 'lower']).default('higher').describe('Which way is bad.'),
      limit: z.number().exactOptional().describe(LIMIT),
      growth: factor().exactOptional().describe(GROWTH),
      noise: amount().exactOptional().describe(NOISE),
      decides: z.boolean().default(false).describe(DECIDES),
    }),
  )
  .max(20)
  .default([])
  .describe('Any PromQL beside them.');

/** The section `signals:` of a service. Without it nothing is read. */
export const signalsSchema = section({
  prefer: z
    .enum(PREFERENCES)
    .default('prometheus')
    .describe(
      'Which source is asked first for what both have; the other is asked for what it cannot tell. both asks them at the same time, tells what Prometheus says, and says where they differ by three times.',
    ),
  deadline: duration('100ms', '25s')
    .prefault('20s')
    .describe(
      'Within which each source answers; what has not answered then is no data. Longer than the time-out of Prometheus for each of its addresses, or the last one would never be asked.',
    ),
  baseline: duration('10s', '24h')
    .prefault('1h')
    .describe('How long before the version became live values are read: what was normal is found there.'),
  clocks: duration('0s', '5m')
    .prefault('10s')
    .describe(
      'By how much the clocks of the worker, of Prometheus and of the cluster or engine may differ: what began that close to a deploy is not told from it.',
    ),
  selector: selectorSchema,
  names: section({
    planStarted: metricName().describe('Counter of started plans. Default: that of the check metrics.'),
    planFailed: metricName().describe('Counter of failed plans. Default: that of the check metrics.'),
    agentFailures: metricName().describe(
      'Counter of failed agent calls. Default: that of the check metrics.',
    ),
    taskDuration: metricName().describe(
      'Summary or histogram of task durations. Default: that of the check metrics.',
    ),
    agentCallDuration: metricName().describe(
      'Summary or histogram of agent calls. Default: agent_call_duration_seconds.',
    ),
  })
    .prefault({})
    .describe('Names of the metrics, where a version has other ones.'),
  scrape: z
    .union(
      [
        z.literal(false),
        section({
          port: port().exactOptional().describe('Default: that of the check metrics, or 9000.'),
          path: apiPath().exactOptional().describe('Default: that of the check metrics, or /metrics.'),
          timeout: duration('50ms', '1m').prefault(SCRAPE_TIMEOUT).describe('Time-out of one scrape.'),
        }),
      ],
      { error: 'expected port, path and timeout, or false to scrape no instance' },
    )
    .optional()
    .describe(
      'The instances themselves, one scrape each, where the check metrics is on or this is written. It has no past, and is over the life of the processes. false scrapes none.',
    ),
  chat: section({
    messages: z
      .int()
      .min(0)
      .max(10)
      .default(3)
      .describe(
        'Chats that are sent at the same time, as the check chat sends them; 0 sends none, nor does a service without that check. Each is an answer of the model that somebody pays for, is stored by the service and fed into later prompts (service contract, 4.6), and counts for its rate limit (2.5).',
      ),
    timeout: duration('50ms', '1m')
      .prefault('10s')
      .describe('Time-out of one chat; no longer than the deadline. A slower one says nothing.'),
  })
    .prefault({})
    .describe('How the share of failed chat answers is found.'),
  orchestrator: orchestratorSchema,
  custom: customSchema,
  git: gitSignalsSchema,
});

/** The section as the file has it, with every default. */
export type SignalsEntry = SettingsFrom<typeof signalsSchema>;
