import type { SignalDefinition } from '../../domain/need/signals.ts';
import type { CheckId } from '../../domain/proof/checks.ts';
import type { CheckEvidence } from '../../domain/proof/known-good.ts';
import type { Asked } from '../http/source.ts';
import type { PrometheusQueries } from '../prometheus/index.ts';
import { grown, lastSeen, mean, type Over, perSecond, quantile, quotient, share } from '../promql/queries.ts';
import { type Measure, meanOf, perSecondOf, quantileAt, quotientOf, shareOf } from '../scrape/measure.ts';
import type { MetricNames } from '../scrape/metric-names.ts';

/** The signals of the master orchestrator: what runbook 1 looks at before a rollback. */
export const ORCHESTRATOR_SIGNAL_IDS = [
  'plan-failure-ratio',
  'plan-failure-rate',
  'agent-failures-per-plan',
  'agent-failure-rate',
  'task-duration-mean',
  'task-duration-p95',
  'agent-call-duration-mean',
  'agent-call-duration-p95',
  'chat-failure-ratio',
  'agent-health',
] as const;
export type OrchestratorSignalId = (typeof ORCHESTRATOR_SIGNAL_IDS)[number];

type Names = Required<MetricNames>;
type Evidence = Partial<Record<CheckId, CheckEvidence>>;

/** One signal: what is normal of it, and how each source reads it. */
export interface OrchestratorSignal {
  /** For docs/configuration.md: what it is, and where its defaults come from. */
  readonly about: string;
  readonly definition: SignalDefinition & { readonly id: OrchestratorSignalId };
  /** Prometheus. */
  readonly queries?: (names: Names, over: Over) => PrometheusQueries;
  /** A scrape of the instances. */
  readonly measure?: (names: Names) => Measure;
  /** The API. */
  readonly asked?: Asked;
  /** What was recorded of it with the evidence of a version, where the check was passed. */
  readonly recorded?: (checks: Evidence) => number | undefined;
}

const FIVE_MINUTES = 300_000;

/**
 * A row for each. The service's documents disagree about every limit (service contract, 9.2), so each number is a default
 * that a profile may change; the text says whose it is. Windows are the 5 minutes of the alerts (9.1). Of the metrics in the documents
 * only those of 6.2 exist, and latencies have no limit: the 1 s of HighLatency is for a metric that does not exist, and an
 * answer of a model takes seconds.
 */
export const ORCHESTRATOR_SIGNALS: {
  readonly [Id in OrchestratorSignalId]: OrchestratorSignal & { readonly definition: { readonly id: Id } };
} = {
  'plan-failure-ratio': {
    about:
      'Failed over started plans: the only number that covers faults of the model in generation B too (service contract, 6.4). The limit is that of HighErrorRate (9.1); with 20 plans it takes two failures to be beyond it.',
    definition: {
      id: 'plan-failure-ratio',
      title: 'failed plans',
      unit: 'ratio',
      windowMs: FIVE_MINUTES,
      minSamples: 20,
      worse: 'higher',
      limit: 0.05,
      growth: 3,
      noise: 0.02,
      decides: true,
    },
    queries: (names, over) => ({
      value: share(names.planFailed, names.planStarted, over),
      ...plans(names, over),
    }),
    measure: (names) => shareOf(names.planFailed, names.planStarted),
    recorded: ({ metrics }) => numberOf(metrics, 'planFailureRatio'),
  },
  'plan-failure-rate': {
    about:
      'Growth of the failed plans, a second (runbook 1: growth of orchestrator_plan_failed_total). No document names a limit. Traffic moves it as well, so it has to grow far to be taken for bad; it is told, and warrants nothing by itself.',
    definition: {
      id: 'plan-failure-rate',
      title: 'failed plans a second',
      unit: 'per-second',
      windowMs: FIVE_MINUTES,
      minSamples: 20,
      worse: 'higher',
      growth: 10,
      noise: 0.1,
      decides: false,
      suffices: false,
    },
    queries: (names, over) => ({
      value: perSecond(names.planFailed, names.planStarted, over),
      ...plans(names, over),
    }),
    measure: (names) => perSecondOf(names.planFailed, names.planStarted),
  },
  'agent-failures-per-plan': {
    about:
      'Failed agent calls over started plans, whatever the traffic; each attempt counts, but those of the model in generation B do not (service contract, 6.2). No document names a limit: more than one plan of ten that fails with all its five attempts.',
    definition: {
      id: 'agent-failures-per-plan',
      title: 'failed agent calls a plan',
      unit: 'count',
      windowMs: FIVE_MINUTES,
      minSamples: 20,
      worse: 'higher',
      limit: 0.5,
      growth: 3,
      noise: 0.2,
      decides: true,
    },
    queries: (names, over) => ({
      value: quotient(names.agentFailures, names.planStarted, over),
      ...plans(names, over),
    }),
    measure: (names) => quotientOf(names.agentFailures, names.planStarted),
  },
  'agent-failure-rate': {
    about:
      'Growth of the failed agent calls, a second. The limit is that of AgentHighFailureRate (9.1). Traffic moves it as well: it is told, and warrants nothing by itself. Plans are the events behind it.',
    definition: {
      id: 'agent-failure-rate',
      title: 'failed agent calls a second',
      unit: 'per-second',
      windowMs: FIVE_MINUTES,
      minSamples: 10,
      worse: 'higher',
      limit: 0.1,
      growth: 5,
      noise: 0.05,
      decides: false,
      suffices: false,
    },
    queries: (names, over) => ({
      value: perSecond(names.agentFailures, names.planStarted, over),
      ...plans(names, over),
    }),
    measure: (names) => perSecondOf(names.agentFailures, names.planStarted),
  },
  'task-duration-mean': {
    about:
      'Mean duration of a task with its retries (not of the model in generation B). Growth and noise are ours: the 1.2 times of CanaryHighLatency (service contract, 9.1) is less than answers of a model differ by.',
    definition: durations('task-duration-mean', 'mean task duration', { noise: 1 }),
    queries: (names, over) => meanQueries(names.taskDuration, over),
    measure: (names) => meanOf(names.taskDuration),
    recorded: ({ metrics }) => numberOf(metrics, 'meanTaskSeconds'),
  },
  'task-duration-p95': {
    about:
      '95th percentile of the task durations: of a histogram over all instances, of a summary the highest of the instances, over the last minute (service contract, 6.3). Of fewer than 20 it would be the longest one alone. Growth and noise as those of the mean.',
    definition: durations('task-duration-p95', 'task duration (p95)', { noise: 2 }),
    queries: (names, over) => quantile(names.taskDuration, 0.95, over),
    measure: (names) => quantileAt(names.taskDuration, 0.95),
  },
  'agent-call-duration-mean': {
    about: 'Mean duration of one attempt of an agent call. Growth and noise as those of the tasks.',
    definition: durations('agent-call-duration-mean', 'mean agent call duration', { noise: 1 }),
    queries: (names, over) => meanQueries(names.agentCallDuration, over),
    measure: (names) => meanOf(names.agentCallDuration),
  },
  'agent-call-duration-p95': {
    about: '95th percentile of the attempts of agent calls, read as that of the tasks.',
    definition: durations('agent-call-duration-p95', 'agent call duration (p95)', { noise: 2 }),
    queries: (names, over) => quantile(names.agentCallDuration, 0.95, over),
    measure: (names) => quantileAt(names.agentCallDuration, 0.95),
  },
  'chat-failure-ratio': {
    about:
      'Share of our own few chats that end with status error, or with a false success (service contract, 4.3). No document names a number (runbook 1: frequent errors): more than half.',
    definition: {
      id: 'chat-failure-ratio',
      title: 'failed chat answers',
      unit: 'ratio',
      windowMs: 60_000,
      minSamples: 2,
      worse: 'higher',
      limit: 0.5,
      decides: false,
    },
    asked: 'chat',
    recorded: ({ chat }) => (isPassed(chat) && chat.values.status === 'success' ? 0 : undefined),
  },
  'agent-health': {
    about:
      'Share of the listed agents that are healthy; one whose circuit is closed again and that nobody has called since says nothing (service contract, 5.3). The limit is that of AgentUnhealthy (9.1), whose own metric does not exist.',
    definition: {
      id: 'agent-health',
      title: 'healthy agents',
      unit: 'ratio',
      windowMs: 60_000,
      minSamples: 1,
      worse: 'lower',
      limit: 0.8,
      decides: false,
    },
    asked: 'agents',
    recorded: ({ agents }) => healthyShare(agents),
  },
};

function durations<const Id extends OrchestratorSignalId>(
  id: Id,
  title: string,
  { noise }: { readonly noise: number },
): SignalDefinition & { readonly id: Id } {
  return {
    ...{ id, title, unit: 'seconds', windowMs: FIVE_MINUTES, minSamples: 20 },
    ...{ worse: 'higher', growth: 2, noise, decides: false },
  };
}

function meanQueries(family: string, over: Over): PrometheusQueries {
  const count = `${family}_count`;
  return { value: mean(family, over), samples: grown(count, over), seen: lastSeen(count, over) };
}

/** The plans behind a value. */
function plans({ planStarted }: Names, over: Over): Omit<PrometheusQueries, 'value'> {
  return { samples: grown(planStarted, over), seen: lastSeen(planStarted, over) };
}

function isPassed(check: CheckEvidence | undefined): check is CheckEvidence {
  return check?.verdict === 'passed';
}

function numberOf(check: CheckEvidence | undefined, name: string): number | undefined {
  const value = isPassed(check) ? check.values[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The agents check keeps `{ llm_router_agent: "degraded 2" }`. */
function healthyShare(check: CheckEvidence | undefined): number | undefined {
  if (!isPassed(check)) return undefined;
  const states = Object.values(check.values).filter((value) => typeof value === 'string');
  if (states.length === 0) return undefined;
  return states.filter((state) => state.startsWith('healthy')).length / states.length;
}
