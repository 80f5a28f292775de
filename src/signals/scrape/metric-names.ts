/** Names of the service's metrics, where a version has other ones (service contract, 6.2). */
export interface MetricNames {
  readonly planStarted: string;
  readonly planFailed: string;
  readonly agentFailures: string;
  /** Summary or histogram: which one is found out. */
  readonly taskDuration: string;
  /** The check has no use for it. */
  readonly agentCallDuration?: string;
}

/** Where nothing else is said. */
export const METRIC_NAMES: Required<MetricNames> = {
  planStarted: 'orchestrator_plan_started_total',
  planFailed: 'orchestrator_plan_failed_total',
  agentFailures: 'agent_call_failures_total',
  taskDuration: 'orchestrator_task_duration_seconds',
  agentCallDuration: 'agent_call_duration_seconds',
};
