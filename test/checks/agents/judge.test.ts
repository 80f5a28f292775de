import { describe, expect, it } from 'vitest';
import { AgentJudge } from '../../../src/checks/agents/judge.ts';
import type { AgentRow } from '../../../src/checks/agents/rows.ts';
import type { AgentsSettings } from '../../../src/checks/agents/settings.ts';
import type { OwnPlans } from '../../../src/domain/proof/checks.ts';
import { said } from '../surroundings.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const ROUTER = 'llm_router_agent';
const healthy = (agent = ROUTER): AgentRow => ({ agent, health: 'healthy', failures: 0 });
const degraded = (failures: number): AgentRow => ({ agent: ROUTER, health: 'degraded', failures });
const unhealthy = (openUntil?: number, failures = 5): AgentRow => ({
  agent: ROUTER,
  health: 'unhealthy',
  failures,
  ...(openUntil === undefined ? {} : { openUntil }),
});
const settings = { expected: [], onMissing: 'inconclusive', needed: 2 } as const;

type Rounds = readonly (readonly (readonly AgentRow[])[])[];

/** The probes of one check, each given as the rows of its sources: instances, or the one shared endpoint. */
function judged(changes: Partial<AgentsSettings>, shared: boolean, rounds: Rounds): readonly string[] {
  const judge = new AgentJudge({ ...settings, ...changes });
  return rounds.map((sources) =>
    said(
      judge.judge(
        sources.map((rows, index) => ({ id: `pod-${index}`, shared, rows })),
        NOW,
      ),
    ),
  );
}
const probes = (changes: Partial<AgentsSettings>, ...rounds: Rounds) => judged(changes, false, rounds);
const sharedProbes = (...rounds: Rounds) => judged({}, true, rounds);

describe('the pass rule for agents', () => {
  it('passes healthy agents', () => {
    expect(probes({}, [[healthy(), healthy('git_agent')]])).toEqual([
      `passed: ${ROUTER} healthy; git_agent healthy`,
    ]);
  });

  it('passes a degraded agent whose failures do not rise', () => {
    expect(probes({}, [[degraded(2)]], [[degraded(2)]], [[degraded(1)]])).toEqual([
      `passed: ${ROUTER} degraded with 2 failures`,
      `passed: ${ROUTER} degraded with 2 failures, not rising`,
      `passed: ${ROUTER} degraded with 1 failures, not rising`,
    ]);
  });

  it('fails a degraded agent whose failures rise, from healthy too', () => {
    expect(probes({}, [[healthy()]], [[degraded(1)]], [[degraded(2)]], [[degraded(2)]])).toEqual([
      `passed: ${ROUTER} healthy`,
      `failed: ${ROUTER} degraded, failures rising from 0 to 1`,
      `failed: ${ROUTER} degraded, failures rising from 1 to 2`,
      `passed: ${ROUTER} degraded with 2 failures, not rising`,
    ]);
  });

  it('cannot call a degraded agent well by one probe', () => {
    expect(probes({ needed: 1 }, [[degraded(1)]], [[degraded(1)]])).toEqual([
      `inconclusive: ${ROUTER} degraded with 1 failures, seen once`,
      `passed: ${ROUTER} degraded with 1 failures, not rising`,
    ]);
  });

  it('does not take two instances behind one address for a rise', () => {
    const alternating = sharedProbes([[degraded(2)]], [[degraded(1)]], [[degraded(2)]], [[degraded(1)]]);
    expect(alternating.filter((line) => line.startsWith('failed'))).toEqual([]);
    expect(sharedProbes([[degraded(2)]], [[degraded(3)]])[1]).toMatch(/^failed: .*rising from 2 to 3/);
  });

  it('fails an instance whose failures rise again after a recovery', () => {
    expect(probes({}, [[degraded(5)]], [[healthy()]], [[degraded(3)]])).toEqual([
      `passed: ${ROUTER} degraded with 5 failures`,
      `passed: ${ROUTER} healthy`,
      `failed: ${ROUTER} degraded, failures rising from 0 to 3`,
    ]);
  });

  it('cannot call a degraded row well that appears after the first probe', () => {
    expect(probes({ onMissing: 'ignore' }, [[]], [[degraded(2)]], [[degraded(2)]], [[degraded(3)]])).toEqual([
      'passed: no agent has worked yet: the list is empty',
      `inconclusive: ${ROUTER} degraded with 2 failures, seen once`,
      `passed: ${ROUTER} degraded with 2 failures, not rising`,
      `failed: ${ROUTER} degraded, failures rising from 2 to 3`,
    ]);
  });

  it('fails an unhealthy agent whose failures rise although its circuit is closed', () => {
    expect(
      probes({}, [[unhealthy(NOW - 1, 5)]], [[unhealthy(NOW - 1, 6)]], [[unhealthy(NOW - 1, 6)]]),
    ).toEqual([
      `passed: ${ROUTER} unhealthy since before, its circuit is closed again: waits for traffic`,
      `failed: ${ROUTER} unhealthy, failures rising from 5 to 6`,
      `passed: ${ROUTER} unhealthy since before, its circuit is closed again: waits for traffic`,
    ]);
  });

  it('judges missing agents only when every source gave its rows', () => {
    const judge = new AgentJudge({ ...settings, expected: [ROUTER, 'git_agent'], onMissing: 'fail' });
    const sources = [{ id: 'a', shared: false, rows: [healthy()] }];
    expect(said(judge.judge(sources, NOW, { complete: false }))).toBe(`passed: ${ROUTER} healthy`);
    expect(said(judge.judge(sources, NOW))).toMatch(/^failed: git_agent missing/);
  });

  it('fails an open circuit, and says for how long it stays open', () => {
    expect(probes({}, [[unhealthy(NOW + 1500)]])).toEqual([
      `failed: ${ROUTER} unhealthy, circuit open for 2 s more`,
    ]);
  });

  it.each([[NOW - 1], [undefined]])('only notes an unhealthy agent with the deadline %s', (deadline) => {
    expect(probes({}, [[unhealthy(deadline)]])).toEqual([
      `passed: ${ROUTER} unhealthy since before, its circuit is closed again: waits for traffic`,
    ]);
  });

  it('ignores an agent that it does not know, with a note', () => {
    const weather: AgentRow = {
      agent: 'weather_agent',
      health: 'unhealthy',
      failures: 9,
      openUntil: NOW + 1e6,
    };
    expect(probes({}, [[healthy(), weather]])).toEqual([
      `passed: ${ROUTER} healthy; weather_agent is unknown, ignored`,
    ]);
    expect(probes({ expected: ['weather_agent'] }, [[healthy(), weather]])[0]).toMatch(
      /^failed: weather_agent/,
    );
  });

  it.each([
    [
      'inconclusive',
      'not-applicable: the list of agents is empty, and none is expected (checks.agents.expected)',
    ],
    ['fail', 'failed: no agent has worked yet: the list is empty'],
    ['ignore', 'passed: no agent has worked yet: the list is empty'],
  ] as const)('an empty list with onMissing %s: %s', (onMissing, expected) => {
    expect(probes({ onMissing }, [[]])).toEqual([expected]);
  });

  it.each([
    ['inconclusive', 'inconclusive: git_agent missing: has not worked yet'],
    ['fail', 'failed: git_agent missing: has not worked yet'],
    ['ignore', `passed: ${ROUTER} healthy; git_agent missing: has not worked yet`],
  ] as const)('a missing expected agent with onMissing %s: %s', (onMissing, expected) => {
    expect(probes({ onMissing, expected: [ROUTER, 'git_agent'] }, [[healthy()]])).toEqual([expected]);
  });

  it('asks a shared endpoint more often before an empty list means that there is none: another instance may answer', () => {
    const empty = Array.from({ length: 9 }, () => [[]]);
    const verdicts = sharedProbes(...empty).map((line) => line.split(':')[0]);
    expect(verdicts).toEqual([...Array(7).fill('inconclusive'), 'not-applicable', 'not-applicable']);
  });

  it('finds an expected agent on any instance', () => {
    expect(probes({ expected: [ROUTER] }, [[], [healthy()]])).toEqual([`passed: ${ROUTER} healthy`]);
  });

  describe('S3 after our own messages have all failed', () => {
    const own = { started: 5, failed: 5, answered: 0 };
    const after = (rows: readonly AgentRow[], ownPlans: OwnPlans, times = 2) => {
      const judge = new AgentJudge(settings);
      const probed = Array.from({ length: times }, () =>
        judge.judge([{ id: 'pod', shared: false, rows }], NOW, { ownPlans }),
      );
      return probed.at(-1);
    };
    const nothing = 'our own 5 messages have failed, and what they moved proves nothing';

    it.each([
      [unhealthy(), `${ROUTER} unhealthy with 5 failures: ${nothing}`],
      [unhealthy(NOW - 1), `${ROUTER} unhealthy with 5 failures: ${nothing}`],
      [degraded(2), `${ROUTER} degraded with 2 failures: ${nothing}`],
    ])('an agent that is not healthy leaves the question open: %j', (row, observed) => {
      expect(after([row], own)).toMatchObject({ verdict: 'inconclusive', observed });
      expect(after([row], { started: 5, failed: 0, answered: 0 })).toMatchObject({ verdict: 'inconclusive' });
    });

    it('is judged as ever where one was answered, none was sent, or the agent is healthy or its circuit open', () => {
      expect(after([unhealthy()], { started: 5, failed: 4, answered: 1 })).toMatchObject({
        verdict: 'passed',
      });
      expect(after([unhealthy()], { started: 5, failed: 4 })).toMatchObject({ verdict: 'passed' });
      expect(after([unhealthy()], { started: 0, failed: 0 })).toMatchObject({ verdict: 'passed' });
      expect(after([healthy()], own)).toMatchObject({ verdict: 'passed' });
      expect(after([unhealthy(NOW + 60_000)], own)).toMatchObject({ verdict: 'failed' });
    });

    it('waits for traffic of others no longer than a proof takes', () => {
      expect(after([degraded(2)], own, 2)).not.toHaveProperty('final');
      expect(after([degraded(2)], own, 3)).toMatchObject({ final: true });
    });
  });

  it('lets the worst of the instances count', () => {
    const judge = new AgentJudge(settings);
    const found = judge.judge(
      [
        { id: 'a', shared: false, rows: [healthy()] },
        { id: 'b', shared: false, rows: [unhealthy(NOW + 60_000)] },
      ],
      NOW,
    );
    expect(found).toEqual({
      verdict: 'failed',
      observed: `${ROUTER} unhealthy, circuit open for 60 s more`,
      values: { [ROUTER]: 'unhealthy 5' },
    });
  });

  it('compares each instance with itself', () => {
    expect(probes({}, [[degraded(1)], [degraded(4)]], [[degraded(3)], [degraded(4)]])[1]).toMatch(
      /^failed: .*rising from 1 to 3/,
    );
  });
});
