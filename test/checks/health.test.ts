import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../sandbox/orchestrator/index.ts';
import { createHealthCheck } from '../../src/checks/health/probe.ts';
import type { HealthSettings } from '../../src/checks/health/settings.ts';
import { runCheck } from '../../src/checks/run/run-check.ts';
import type { CheckEvidence } from '../../src/domain/proof/known-good.ts';
import { nobody, orchestrator, probeContext, said, server } from './surroundings.ts';

const settings: HealthSettings = {
  path: '/health',
  needed: 3,
  everyMs: 10,
  withinMs: 1000,
  timeoutMs: 1000,
};
const nothing = async () => ({});
const known = (provider: string, model: string, verdict: CheckEvidence['verdict'] = 'passed') => ({
  baseline: { verdict, summary: '', values: { provider, model } },
});
const GOOD = 'status ok, openrouter / anthropic/claude-3.5-sonnet';

async function probe(behaviour: BehaviourWish, context = {}, changes: Partial<HealthSettings> = {}) {
  const { url } = await orchestrator({ behaviour });
  return createHealthCheck({ ...settings, ...changes }, url, nothing).probe(probeContext(context));
}

describe('the health check', () => {
  it('passes when provider and model are those of the known-good version', async () => {
    const found = await probe('good', known('openrouter', 'anthropic/claude-3.5-sonnet'));
    expect(found).toEqual({
      verdict: 'passed',
      observed: GOOD,
      values: { status: 'ok', provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet' },
    });
  });

  it('knows a long model again by what the evidence kept of it', async () => {
    const long = (end: string) => `vendor/${'m'.repeat(120)}${end}`;
    const model = long('-1');
    const changed = (name: string): BehaviourWish => ({ health: { model: name } });
    const { url } = await orchestrator({ behaviour: changed(model) });
    const run = {
      signal: new AbortController().signal,
      key: 'k',
      instances: async () => [],
      report: () => {},
    };
    const { values } = await runCheck(createHealthCheck(settings, url, nothing), settings, run);
    const baseline = { verdict: 'passed' as const, summary: '', values };
    expect(await probe(changed(model), { baseline })).toMatchObject({ verdict: 'passed' });
    expect(await probe(changed(long('-2')), { baseline })).toMatchObject({ verdict: 'failed' });
    const huge = 'm'.repeat(1000);
    const kept = { verdict: 'passed' as const, summary: '', values: { model: `${'m'.repeat(299)}…` } };
    expect(await probe(changed(huge), { baseline: kept })).toMatchObject({ verdict: 'passed' });
  });

  it('says so when there is nothing to compare with', async () => {
    expect(said(await probe('good'))).toBe(`passed: ${GOOD} (nothing known to compare with)`);
  });

  it('fails for another provider and model than known good', async () => {
    const found = await probe('health-wrong-provider', known('openrouter', 'anthropic/claude-3.5-sonnet'));
    expect(said(found)).toBe(
      'failed: status ok, ollama / llama3 instead of openrouter / anthropic/claude-3.5-sonnet',
    );
  });

  it('holds to the settings rather than to the evidence', async () => {
    const found = await probe('good', known('openrouter', 'anthropic/claude-3.5-sonnet'), { model: 'mine' });
    expect(said(found)).toBe(`failed: ${GOOD} instead of mine`);
  });

  it('expects nothing of evidence that failed itself', async () => {
    expect(await probe('good', known('ollama', 'llama3', 'failed'))).toMatchObject({ verdict: 'passed' });
  });

  it.each<[BehaviourWish, string]>([
    ['health-unknown-model', 'failed: status ok, openrouter / unknown: the provider has no model configured'],
    ['health-not-ok', 'failed: status degraded'],
    ['health-503', 'failed: HTTP 503: unavailable'],
    ['health-html', 'failed: HTTP 200, but no JSON: this looks like a web page'],
    [
      'health-metrics-text',
      'failed: HTTP 200, but no JSON: this looks like the metrics listener, not the API: wrong port?',
    ],
    ['health-401', 'inconclusive, final: auth: 401, the token of the profile is missing or not accepted'],
  ])('%s: %s', async (behaviour, expected) => {
    expect(said(await probe(behaviour))).toBe(expected);
  });

  it('knows the metrics listener, whose /health answers OK with 200', async () => {
    const { metricsUrl } = await orchestrator({ behaviour: 'good' });
    const check = createHealthCheck(settings, new URL(metricsUrl).origin, nothing);
    expect(said(await check.probe(probeContext()))).toContain('this looks like the metrics listener');
  });

  it.each([
    ['{"status":"ok"}', 'failed: status ok, but provider or model is missing'],
    ['[]', 'failed: HTTP 200 and JSON, but not a health answer: no status'],
    ['{"ok":true}', 'failed: HTTP 200 and JSON, but not a health answer: no status'],
    ['', 'failed: HTTP 200, but no JSON: an empty body'],
    ['pong', 'failed: HTTP 200, but no JSON: a text: pong'],
  ])('body %j: %s', async (body, expected) => {
    const url = await server((_, response) => response.end(body));
    expect(said(await createHealthCheck(settings, url, nothing).probe(probeContext()))).toBe(expected);
  });

  it('proves nothing when nobody answers, or too late', async () => {
    const address = await nobody();
    const refused = createHealthCheck(settings, address, nothing);
    expect(said(await refused.probe(probeContext()))).toBe(
      `inconclusive: connection refused at ${new URL(address).host}/health`,
    );
    const slow = await probe('health-slow', {}, { timeoutMs: 100 });
    expect(said(slow)).toMatch(/^inconclusive: no answer within 100 ms at 127\.0\.0\.1:\d+\/health$/);
  });

  it.each<[string, boolean, (socket: Socket) => void]>([
    ['hangs up', true, (socket) => socket.destroy()],
    ['says nothing', true, () => undefined],
    ['is no HTTP', false, (socket) => socket.end('220 smtp.example ESMTP\r\n')],
    ['breaks off', false, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
    ['is slow', false, (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
  ])('S2 a peer that %s counts as nobody: %s', async (_what, expected, play) => {
    const url = await server(({ socket }) => void play(socket));
    const found = await createHealthCheck({ ...settings, timeoutMs: 200 }, url, nothing).probe(
      probeContext(),
    );
    expect(found).toMatchObject({ verdict: 'inconclusive' });
    expect(found.unreached ?? false).toBe(expected);
  });

  it.each([
    [
      'in a body',
      (response: ServerResponse) => response.writeHead(500).end(`${'x'.repeat(60)} Bearer abcdef0123456789`),
    ],
    [
      'in the place of a redirect',
      (response: ServerResponse) =>
        response
          .writeHead(302, { location: `/${'x'.repeat(80)}/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln` })
          .end(),
    ],
  ])('shows no half of a secret %s', async (_, play) => {
    const url = await server((__, response) => void play(response));
    const { observed } = await createHealthCheck(settings, url, nothing).probe(probeContext());
    expect(observed).toContain('xxx');
    expect(observed).not.toMatch(/abcdef|eyJ/);
  });

  it('does not take a redirect for an answer', async () => {
    const url = await server((_, response) => void response.writeHead(302, { location: '/login' }).end());
    expect(said(await createHealthCheck(settings, url, nothing).probe(probeContext()))).toBe(
      'inconclusive: 302: redirected to /login, not followed: is this the API?',
    );
  });

  it('sends its token to the service', async () => {
    const service = await orchestrator({ auth: { mode: 'static', token: 'abc123' } });
    const check = createHealthCheck(settings, service.url, async () => ({ authorization: 'Bearer abc123' }));
    expect(await check.probe(probeContext())).toMatchObject({ verdict: 'passed' });
  });
});
