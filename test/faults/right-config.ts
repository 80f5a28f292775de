import fc from 'fast-check';

type Tree = unknown;

const reference = fc.constantFrom<Tree>(
  { env: 'ORCH_API_TOKEN' },
  { file: 'secrets/token' },
  { kubernetesSecret: { name: 'orchestrator-secrets', key: 'token' } },
);
const localReference = fc.constantFrom<Tree>({ env: 'ORCH_API_TOKEN' }, { file: './token' });
const policy = {
  needed: fc.integer({ min: 1, max: 3 }),
  every: fc.constantFrom('100ms', '2s'),
  within: fc.constantFrom('1m', '2m30s'),
  timeout: fc.constantFrom('500ms', '5s'),
};
const settings = (more: Readonly<Record<string, fc.Arbitrary<Tree>>>) =>
  fc.oneof(fc.constant(false), fc.record({ ...policy, ...more }, { requiredKeys: [] }));
const checks = fc.record(
  {
    health: settings({ path: fc.constant('/health'), provider: fc.constant('openrouter') }),
    chat: settings({ needed: fc.constant(1), acceptErrors: fc.constant(['execution_failed']) }),
    agents: settings({ expected: fc.constant(['llm_agent']), onMissing: fc.constantFrom('fail', 'ignore') }),
    metrics: settings({ port: fc.constant(9000), maxPlanFailureRatio: fc.constantFrom(0, 0.05, 1) }),
  },
  { requiredKeys: [] },
);

/** What has to hold for the config that a rollback brings. */
const critical = fc.record(
  {
    orchestrator: fc.boolean(),
    defaults: fc.constantFrom<Tree>({}, { 'llm-provider': 'warn', 'no-placeholders': 'off' }),
    rules: fc.subarray<Tree>([
      { name: 'pool', key: 'config*.toml', setting: 'redis.pool_size', number: { least: 1, most: 64 } },
      { name: 'timeout', setting: '**.timeout', number: { most: '30s', unit: 's' }, on: 'ask' },
      { name: 'queue', setting: 'queue.default', names: { section: 'queues.{value}', having: ['url'] } },
      { name: 'environment', object: 'environment', setting: 'APP_ENV', oneOf: ['dev', 1, true], on: 'warn' },
      { name: 'password', object: 'secret/*', key: 'password', filled: 'as-written', optional: true },
      { name: 'image', setting: 'image', matches: '[a-z]+/[a-z0-9.-]+' },
      { name: 'variable', setting: 'llm.*.api_key_env', variable: true },
    ]),
  },
  { requiredKeys: [] },
);

/** A profile that is right. */
function profile(target: fc.Arbitrary<Tree>, secret: fc.Arbitrary<Tree>): fc.Arbitrary<Record<string, Tree>> {
  const auth = fc.oneof(
    fc.constant({ mode: 'none' }),
    fc.record({ mode: fc.constant('bearer'), secret }),
    fc.record({ mode: fc.constant('jwt-hs256'), secret, ttl: fc.constant(60) }),
  );
  const notify = fc.oneof(
    fc.constant([]),
    fc.record({ url: secret }).map((slack) => [{ slack }]),
    fc
      .record({ url: secret, signingSecret: secret })
      .map((webhook) => [{ webhook }, { slack: { url: webhook.url } }]),
  );
  return target.chain((where) =>
    fc
      .record(
        {
          environment: fc.constantFrom('production', 'staging'),
          auth,
          checks,
          notify,
          config: fc.record({ critical }),
          endpoint: endpoints,
        },
        { requiredKeys: ['endpoint'] },
      )
      .map((rest) => ({ ...(where as object), ...rest })),
  );
}

const endpoints = fc.constantFrom(
  'http://127.0.0.1:8181',
  'https://orchestrator.example/api/',
  'http://[::1]:1',
);
const deployment = fc.constant({
  kubernetes: { namespace: 'orchestrator', deployment: 'master-orchestrator' },
});
const project = fc.constant({ compose: { directory: '/srv/phoenix', service: 'master-orchestrator' } });

/** Configurations that are right: services of both targets, references of every kind. */
export const rightConfig: fc.Arbitrary<Tree> = fc
  .dictionary(
    fc.constantFrom('orchestrator', 'spare', 'a-1'),
    fc.oneof(profile(deployment, reference), profile(project, localReference)),
    { minKeys: 1, maxKeys: 3 },
  )
  .map((services) => ({ records: './incidents', services: { ...services } }));
