import { describe, expect, it } from 'vitest';
import type { CheckEvidence, KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { recordedSignals } from '../../../src/signals/orchestrator/recorded.ts';

const evidence = (values: CheckEvidence['values'], verdict: CheckEvidence['verdict'] = 'passed') => ({
  ...{ verdict, summary: '', values },
});

describe('what was recorded of a signal with the evidence of a version', () => {
  it.each<[string, KnownGoodRecord['checks'], object]>([
    ['nothing', {}, {}],
    [
      'all of it',
      {
        metrics: evidence({
          plansStarted: 90,
          planFailureRatio: 0.004,
          meanTaskSeconds: 2.5,
          agentFailures: 3,
        }),
        chat: evidence({ correlationId: 'x', status: 'success' }),
        agents: evidence({ git_agent: 'healthy 0', llm_router_agent: 'degraded 1' }),
      },
      {
        'plan-failure-ratio': 0.004,
        'task-duration-mean': 2.5,
        'chat-failure-ratio': 0,
        'agent-health': 0.5,
      },
    ],
    ['a check that was not passed', { metrics: evidence({ planFailureRatio: 0.4 }, 'failed') }, {}],
    ['a well-formed error that was accepted', { chat: evidence({ status: 'error', code: 'internal' }) }, {}],
    ['no agents', { agents: evidence({}) }, {}],
    ['no plans', { metrics: evidence({ plansStarted: 0, plansFailed: 0 }) }, {}],
    ['what is no number', { metrics: evidence({ planFailureRatio: 'many', meanTaskSeconds: null }) }, {}],
  ])('%s', (_, checks, expected) => {
    expect(recordedSignals(checks)).toEqual(expected);
  });
});
