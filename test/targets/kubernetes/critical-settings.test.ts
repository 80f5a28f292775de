import { describe, expect, it } from 'vitest';
import { DEPLOYMENT, imageOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import { findingLines } from '../../../src/domain/versions/findings.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { criticalSchema } from '../../../src/settings/index.ts';
import { createKubernetesTarget } from '../../../src/targets/kubernetes/index.ts';
import { GOOD_CONFIG } from '../../settings/orchestrator/orchestrator.ts';
import { context, openWorld, PREVIOUS, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

/** The release of before: its config in a ConfigMap, one file of it mounted by its path, its keys in Secrets. */
const template = (volume: object = { configMap: { name: 'app-config' } }) => ({
  volumes: [{ name: 'config', ...volume }],
  containers: [
    {
      name: DEPLOYMENT,
      image: imageOf('v0.1.0'),
      envFrom: [{ secretRef: { name: 'llm', optional: true } }],
      volumeMounts: [{ name: 'config', mountPath: '/app/data/config.toml', subPath: 'config.toml' }],
    },
  ],
});

async function write(of: Service, resource: 'configmaps' | 'secrets', name: string, content: object) {
  await cluster().api.must('POST', of.path(resource), { metadata: { name }, ...content });
}

const CANARY = 'sk-or-canary-31415926535';
const keys = (value = CANARY) => ({ data: { OPENROUTER_API_KEY: Buffer.from(value).toString('base64') } });

/** A service with a release of before, its config and its keys, and another release that is live. */
async function released(
  content: object = { data: { 'config.toml': GOOD_CONFIG } },
  options: Parameters<typeof service>[1] = {},
  volume?: Parameters<typeof template>[0],
): Promise<Service> {
  const of = await service([], options);
  await write(of, 'configmaps', 'app-config', content);
  await write(of, 'secrets', 'llm', keys());
  await of.deploy('v0.1.0', { template: template(volume) });
  await of.deploy('v0.2.0', {
    template: { volumes: [], containers: [{ name: DEPLOYMENT, image: imageOf('v0.2.0') }] },
  });
  return of;
}

/** What a plan to the release of before comes to, and what of config was read for it. */
async function judged(of: Service, critical: object = {}) {
  const target = await of.another({}, { critical: criticalSchema.parse(critical) });
  const plan = planRollback(await target.observe(context), PREVIOUS);
  if ('problem' in plan) throw new Error(plan.message);
  const resolved = await target.resolve(plan, context);
  const { findings = [] } = resolved;
  const lines = findingLines(findings);
  return { resolved, told: findings.map(({ on }, index) => `${on}: ${lines[index]}`) };
}

describe('the config that a rollback brings', () => {
  it('is judged as the container will find it, by the rules of the orchestrator and of the profile', async () => {
    const of = await released({
      data: { 'config.toml': GOOD_CONFIG.replace('= "openrouter"', '= "gemini"') },
      binaryData: { 'font.bin': Buffer.from([0xff, 0]).toString('base64') },
    });
    const rules = [
      { name: 'timeout', setting: 'agents.*.timeout_secs', number: { most: '10s' }, on: 'ask' },
      { name: 'key', object: 'secret/llm', key: '*_API_KEY', matches: 'sk-[a-z]+', on: 'warn' },
    ];
    const { resolved, told } = await judged(of, { rules });
    expect(told).toEqual([
      'block: configmap/app-config config.toml llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)',
      expect.stringMatching(/^ask: .* agents.default.timeout_secs is out of bounds/),
      expect.stringMatching(/^ask: .* agents.llm_router_agent.timeout_secs is out of bounds/),
      'warn: secret/llm OPENROUTER_API_KEY does not match sk-[a-z]+ (key)',
    ]);
    expect(resolved.settings).toContain(
      'configmap/app-config config.toml llm.default_provider: added, "gemini"',
    );
    expect(JSON.stringify(resolved)).not.toMatch(new RegExp(`${CANARY}|${keys().data.OPENROUTER_API_KEY}`));
  });

  it.each<[string, object, string, Parameters<typeof template>[0]]>([
    [
      'cannot be read',
      { data: { 'config.toml': 'a = \n' } },
      'block: configmap/app-config config.toml cannot be read',
      undefined,
    ],
    [
      'is no text',
      { binaryData: { 'config.toml': '/wA=' } },
      'block: configmap/app-config config.toml cannot be read: no text',
      undefined,
    ],
    [
      'has not the key that is optional',
      { data: { other: 'x' } },
      'block: * config.toml llm.default_provider is missing (own)',
      {
        configMap: {
          name: 'app-config',
          optional: true,
          items: [{ key: 'config.toml', path: 'config.toml' }],
        },
      },
    ],
  ])('that %s is told by what it breaks', async (_what, content, expected, volume) => {
    const of = await released(content, {}, volume);
    const rules = [{ name: 'own', key: 'config.toml', setting: 'llm.default_provider' }];
    expect((await judged(of, { rules })).told[0]).toContain(expected);
    // What is gone breaks the rules about it, and is no failure of the plan.
    await cluster().api.must('DELETE', of.path('configmaps/app-config'));
    expect((await judged(of, { rules })).told).toEqual([
      'block: * config.toml llm.default_provider is missing (own)',
    ]);
  });

  it('is told as not known, and blocks nothing, where the worker may not read a Secret', async () => {
    const rules = WORKER_RULES.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((resource) => resource !== 'secrets'),
    })).filter(({ resources }) => resources.length > 0);
    const { told } = await judged(await released(undefined, { rules }));
    expect(told).toHaveLength(2);
    for (const line of told) expect(line).toMatch(/^warn: .*(may not read it|not known)/);
  });

  it('is read once for a plan; without a rule nothing is read for it', async () => {
    const of = await released();
    for (const [critical, reads] of [
      [criticalSchema.parse({}), ['get configmaps', 'get secrets']],
      [undefined, ['get configmaps']],
    ] as const) {
      const target = createKubernetesTarget(of.profile, { critical });
      try {
        const plan = planRollback(await target.observe(context), PREVIOUS);
        if ('problem' in plan) throw new Error(plan.message);
        const mark = await cluster().mark();
        await target.resolve(plan, context);
        expect([...(await of.requests(mark))].sort()).toEqual(reads);
      } finally {
        await target.close();
      }
    }
  });
});
