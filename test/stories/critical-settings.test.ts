import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../sandbox/manifests.ts';
import { GOOD_CONFIG } from '../settings/orchestrator/orchestrator.ts';
import { ASKED, send, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage, told } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const CANARY = 'sk-or-v1-canary-2718281828';
const PROVIDER =
  'configmap/app-config config.toml llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)';
const by = { decidedBy: 'anna', reason: 'it is routed to gemini' };

/** A release with the orchestrator's config in a ConfigMap, and the keys of its providers in a Secret. */
function release(version: string) {
  const { apiPort, metricsPort } = stage.sandbox.cluster.node;
  const container = {
    name: 'master-orchestrator',
    image: imageOf(version),
    env: [{ name: 'RUST_LOG', value: 'warn' }],
    envFrom: [{ secretRef: { name: 'llm' } }],
    volumeMounts: [{ name: 'config', mountPath: '/settings' }],
    ports: [
      { name: 'http', containerPort: apiPort },
      { name: 'metrics', containerPort: metricsPort },
    ],
    readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
  };
  const volumes = [{ name: 'config', configMap: { name: 'app-config' } }];
  return [version, { replicas: 1, template: { containers: [container], volumes } }] as const;
}

/** A service whose known-good version names a provider that has no section; the next release is live. */
async function ready(name: string, critical: object = {}): Promise<Cast> {
  const cast = await stage.cast(name, { profile: { ...ASKED, config: { critical } } });
  const { api } = stage.sandbox.cluster;
  const objects = `/api/v1/namespaces/${cast.namespace}`;
  await api.must('POST', `${objects}/configmaps`, {
    metadata: { name: 'app-config' },
    data: { 'config.toml': GOOD_CONFIG.replace('= "openrouter"', '= "gemini"') },
  });
  await api.must('POST', `${objects}/secrets`, {
    metadata: { name: 'llm' },
    stringData: { OPENROUTER_API_KEY: CANARY, 'config.yaml': `password: ${CANARY}` },
  });
  await cast.deploy(...release('v0.1.0'));
  expect((await cast.verify()).outcome).toBe('known-good');
  await cast.deploy(...release('v0.2.0'));
  return cast;
}

describe('a known-good version whose config names a provider without a section', () => {
  it('is not gone to: somebody is asked, and whoever says why with force goes on', async () => {
    const cast = await ready('critical-block');
    const handle = await cast.start();
    const open = await waits(handle, 'decision', 'plan');
    expect(open).toMatchObject({
      error: { type: 'SettingsRefused', message: expect.stringContaining(PROVIDER) },
      answers: ['retry', 'change-target', 'abort'],
    });
    await send(handle, 'decide', { answer: 'abort', ...by });
    expect(await cast.end(handle)).toMatchObject({ outcome: 'failed', error: { type: 'SettingsRefused' } });
    expect((await cast.workload()).spec.template.spec.containers[0].image).toBe(imageOf('v0.2.0'));

    const report = await cast.rollback({ force: true, reason: by.reason });
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { findings: [{ on: 'warn' }] } });
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('forced: configmap/app-config config.toml llm.default_provider');
    const messages = JSON.stringify(cast.channel.received);
    expect(messages).toContain('critical setting: configmap/app-config config.toml llm.default_provider');
    const histories = await Promise.all([handle.workflowId, report.workflowId].map(cast.history));
    for (const text of [...histories, markdown, messages]) {
      expect(text.includes(CANARY) || text.includes(Buffer.from(CANARY).toString('base64'))).toBe(false);
    }
  });

  it('is gone to when somebody says so, where the profile asks; what is only told is told', async () => {
    const rules = [
      {
        name: 'password',
        object: 'secret/llm',
        key: 'config.yaml',
        setting: 'password',
        oneOf: ['x'],
        on: 'warn',
      },
    ];
    const cast = await ready('critical-ask', { defaults: { 'llm-provider': 'ask' }, rules });
    const warned = 'secret/llm config.yaml password is none of x (password)';
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan?.warnings).toEqual(expect.arrayContaining([`to be decided: ${PROVIDER}`, warned]));

    const handle = await cast.start();
    expect((await waits(handle, 'decision', 'plan')).answers).toEqual([
      'retry',
      'go-on',
      'change-target',
      'abort',
    ]);
    await send(handle, 'decide', { answer: 'go-on', ...by });
    const report = await cast.end(handle);
    expect(report.outcome).toBe('rolled-back');
    expect(told(report)).toContain('roll-back completed');
    const { markdown } = await recordOf(report);
    for (const said of ['go-on', by.reason, 'secret/llm config.yaml password'])
      expect(markdown).toContain(said);
    expect(`${markdown}${await cast.history(report.workflowId)}`).not.toContain(CANARY);
  });
});
