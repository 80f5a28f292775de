import { describe, expect, it } from 'vitest';
import { readAgentRows } from '../../../src/checks/agents/rows.ts';

const row = {
  agent_id: 'llm_router_agent',
  health: 'unhealthy',
  consecutive_failures: 5,
  last_failure_at: '2025-12-07T10:15:30.123456789+00:00',
  last_success_at: null,
  circuit_open_until: '2025-12-07T10:16:30.123456789+00:00',
};

describe('the rows of an agents answer', () => {
  it('reads nanosecond timestamps', () => {
    expect(readAgentRows([row])).toEqual([
      {
        agent: 'llm_router_agent',
        health: 'unhealthy',
        failures: 5,
        openUntil: Date.parse('2025-12-07T10:16:30.123Z'),
      },
    ]);
  });

  it('takes an empty list for what it is', () => {
    expect(readAgentRows([])).toEqual([]);
  });

  it.each([null, 'soon', 7, undefined])('treats the circuit deadline %j as a closed circuit', (deadline) => {
    expect(readAgentRows([{ ...row, circuit_open_until: deadline }])).not.toHaveProperty('0.openUntil');
  });

  it.each<[unknown]>([
    [{ agents: [] }],
    [null],
    ['[]'],
    [[null]],
    [[{ ...row, health: 'fine' }]],
    [[{ ...row, consecutive_failures: -1 }]],
    [[{ ...row, consecutive_failures: '1' }]],
    [[{ ...row, agent_id: '' }]],
  ])('says that %j is no list of agents', (body) => {
    expect(readAgentRows(body)).toHaveProperty('problem');
  });
});
