import { describe, expect, it } from 'vitest';
import { judgeChat, planOf } from '../../../src/checks/chat/judge.ts';
import { said } from '../surroundings.ts';

const ID = '7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33';
const PLAN = '0b6f4c2e-88aa-4c0d-b1b5-2f4f7f0f6a11';
const answer = (changes: object = {}) => ({
  api_version: 'v1',
  correlation_id: ID,
  status: 'success',
  plan_id: PLAN,
  output: JSON.stringify({ output_type: 'text', data: 'pong', metadata: null }),
  error: null,
  ...changes,
});
const output = (result: unknown) =>
  answer({ output: typeof result === 'string' ? result : JSON.stringify(result) });
const failure = (error: unknown, changes: object = {}) =>
  answer({ status: 'error', output: null, error, ...changes });
const coolingDown = { code: 'agent_unavailable', message: 'llm_router_agent is cooling down', details: null };

describe('a chat answer with HTTP 200', () => {
  it('passes with a real answer to our own question', () => {
    expect(judgeChat(answer(), ID, [])).toEqual({
      verdict: 'passed',
      observed: 'status success, 4 characters of text',
      values: { correlationId: ID, planId: PLAN, status: 'success' },
    });
  });

  it.each<[unknown]>([['x'.repeat(5000)], ['ghp_abcdefghijklmnopqrstuvwxyz0123456789'], [7], [null]])(
    'keeps no plan id that is no UUID: %j',
    (plan_id) => {
      expect(judgeChat(answer({ plan_id }), ID, []).values).toEqual({ correlationId: ID, status: 'success' });
    },
  );

  it('shows no half of a secret that an answer repeats', () => {
    const data = `${'x'.repeat(100)} Bearer abcdef0123456789abcdef`;
    const found = judgeChat(output({ output_type: 'error', data }), ID, []);
    expect(found.observed).toContain('xxx');
    expect(found.observed).not.toContain('abcdef');
    const error = { ...coolingDown, message: `${'x'.repeat(110)} sk-proj-abcdef0123456789` };
    expect(judgeChat(failure(error), ID, []).observed).not.toContain('sk-proj');
  });

  it('takes our id back in capitals', () => {
    expect(judgeChat(answer({ correlation_id: ID.toUpperCase() }), ID, [])).toMatchObject({
      verdict: 'passed',
    });
  });

  it.each<[string, unknown, string]>([
    [
      'the error status',
      failure(coolingDown),
      'failed: HTTP 200, but status error: agent_unavailable llm_router_agent is cooling down',
    ],
    ['output null', output('null'), 'failed: status success, but output null'],
    ['no output', answer({ output: null }), 'failed: status success, but no output'],
    ['output that is no JSON', output('pong'), 'failed: status success, but output is no object'],
    ['output that is a list', output([1]), 'failed: status success, but output is no object'],
    [
      'empty data',
      output({ output_type: 'text', data: '', metadata: null }),
      'failed: status success, but data is empty',
    ],
    [
      'blank data',
      output({ output_type: 'text', data: ' \n', metadata: null }),
      'failed: status success, but data is empty',
    ],
    [
      'data that is no text',
      output({ output_type: 'text', data: 7, metadata: null }),
      'failed: status success, but data is empty',
    ],
    [
      'the output type error',
      output({ output_type: 'error', data: 'LLM Call Failed: 401', metadata: null }),
      'failed: status success, but output_type error: LLM Call Failed: 401',
    ],
    [
      'an error beside success',
      answer({ error: coolingDown }),
      'failed: status success, but with an error beside it',
    ],
    [
      'the id of another request',
      answer({ correlation_id: PLAN }),
      'failed: status success, but with the correlation id of another request',
    ],
    ['no id', answer({ correlation_id: undefined }), 'failed: status success, but no correlation id'],
    ['another status', answer({ status: 'ok' }), 'failed: HTTP 200, but not a chat answer'],
    ['another body', { message: 'hello' }, 'failed: HTTP 200, but not a chat answer'],
    ['a list', [], 'failed: HTTP 200, but not a chat answer'],
    ['null', null, 'failed: HTTP 200, but not a chat answer'],
  ])('fails for %s', (_, body, expected) => {
    expect(said(judgeChat(body, ID, []))).toBe(expected);
  });

  it('proves nothing when it comes from the cache', () => {
    const cached = output({ output_type: 'text', data: 'pong', metadata: { cached: true, provider: 'x' } });
    expect(said(judgeChat(cached, ID, []))).toBe(
      'inconclusive: answered from the cache: no proof of the model',
    );
  });

  it('counts a well-formed error when the profile accepts its code', () => {
    expect(said(judgeChat(failure(coolingDown), ID, ['agent_unavailable']))).toBe(
      'passed: well-formed error agent_unavailable, accepted by the profile',
    );
    expect(judgeChat(failure(coolingDown), ID, ['internal'])).toMatchObject({ verdict: 'failed' });
  });

  it.each<[string, unknown]>([
    ['output beside it', failure(coolingDown, { output: 'null' })],
    ['an unknown code', failure({ ...coolingDown, code: 'AgentUnavailable' })],
    ['no message', failure({ ...coolingDown, message: ' ' })],
    ['no error object', failure(null)],
    ['a missing key', { ...failure(coolingDown), plan_id: undefined, api_version: undefined }],
  ])('never accepts a malformed error: %s', (what, body) => {
    const text = what === 'a missing key' ? JSON.parse(JSON.stringify(body)) : body;
    const found = judgeChat(text, ID, ['agent_unavailable', 'AgentUnavailable', '(none)']);
    expect(found).toMatchObject({ verdict: 'failed', observed: expect.stringContaining('malformed') });
  });

  it('never accepts an error with the id of another request', () => {
    const found = judgeChat(failure(coolingDown, { correlation_id: PLAN }), ID, ['agent_unavailable']);
    expect(found).toMatchObject({ verdict: 'failed' });
  });
});

describe('the plan behind an answer, as the service counts it', () => {
  it.each<[string, unknown, number, number]>([
    ['a good answer', answer(), 1, 0],
    ['a false success', output('null'), 1, 0],
    ['a success for another request', answer({ correlation_id: PLAN }), 1, 0],
    ['an error', failure(coolingDown), 1, 1],
    ['an internal error', failure({ ...coolingDown, code: 'internal' }), 1, 0],
    ['a malformed error', failure(null), 1, 1],
    ['no chat answer', { ok: true }, 0, 0],
    ['nothing', null, 0, 0],
  ])('%s', (_, body, started, failed) => {
    expect(planOf(body)).toEqual({ started, failed });
  });
});
