import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig, parseConfig } from '../../src/config/load.ts';

const MINIMAL = `services:
  orchestrator:
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: http://127.0.0.1:8181/
`;
const file = 'runbook.yaml';

/** The minimal file with lines added to its service. */
const service = (lines: string) => `${MINIMAL}${lines.replace(/^(?=.)/gm, '    ')}`;
const profile = (text: string) => {
  const { orchestrator } = parseConfig(text, { file }).services;
  return orchestrator ?? expect.fail('no profile');
};
const faults = (text: string): string[] => {
  try {
    parseConfig(text, { file });
  } catch (error) {
    expect(error).toMatchObject({ type: 'InvalidConfig' });
    return (error as Error).message.split('\n');
  }
  return [];
};

describe('a minimal runbook.yaml', () => {
  it('needs namespace, deployment and endpoint alone', () => {
    expect(profile(MINIMAL)).toMatchObject({
      name: 'orchestrator',
      environment: 'production',
      target: {
        kind: 'kubernetes',
        namespace: 'phoenix-orch',
        deployment: 'master-orchestrator',
        container: 'master-orchestrator',
        rollout: { deadlineMs: 600_000, crashLoopRestarts: 3 },
      },
      endpoint: 'http://127.0.0.1:8181',
      auth: { mode: 'none' },
      required: ['health', 'chat', 'agents', 'metrics'],
      notify: [],
    });
  });

  it('checks with the defaults of the service contract', () => {
    const { checks } = profile(MINIMAL);
    const timing = Object.entries(checks).map(([id, { needed, everyMs, withinMs, timeoutMs }]) => [
      id,
      needed,
      everyMs,
      withinMs,
      timeoutMs,
    ]);
    expect(timing).toEqual([
      ['health', 3, 2000, 120_000, 5000],
      ['chat', 1, 2000, 180_000, 45_000],
      ['agents', 2, 2000, 180_000, 5000],
      ['metrics', 3, 10_000, 120_000, 5000],
    ]);
  });

  const ONE_WORKLOAD = 'deployment, statefulSet or daemonSet';
  it.each(['kubernetes or compose', 'endpoint', 'namespace', ONE_WORKLOAD])('is wrong without %s', (key) => {
    const [first = ''] = key.split(/\W/);
    const text =
      first === 'namespace' || first === 'deployment'
        ? MINIMAL.replace(new RegExp(`${first}: [\\w-]+,?`), '')
        : MINIMAL.replace(new RegExp(`^ +${first}:.*\n`, 'm'), '');
    expect(faults(text)).toEqual([expect.stringMatching(new RegExp(`${key}: missing$`))]);
  });
});

describe('critical settings of a profile', () => {
  const OFF = 'checks: { chat: false, agents: false }';
  const DEFAULTS = [
    'config-readable',
    'llm-provider',
    'agents-complete',
    'agents-within-bounds',
    'no-placeholders',
  ];
  const held = (lines: string) => {
    const { critical } = profile(service(lines));
    return critical && Object.entries(critical.defaults).filter(([, on]) => on !== 'off');
  };

  it.each<[string, string, readonly string[] | undefined]>([
    ['of the orchestrator, by its checks', '', DEFAULTS],
    ['of another service', OFF, undefined],
    [
      'of the orchestrator, in so many words',
      `${OFF}\nconfig: { critical: { orchestrator: true } }`,
      DEFAULTS,
    ],
    ['of another service, in so many words', 'config: { critical: { orchestrator: false } }', undefined],
    [
      'of another service with rules of its own',
      `${OFF}\nconfig: { critical: { rules: [{ name: a }] } }`,
      [],
    ],
    [
      'of the orchestrator, but one',
      'config: { critical: { defaults: { llm-provider: off } } }',
      DEFAULTS.filter((rule) => rule !== 'llm-provider'),
    ],
  ])('hold %s', (_what, lines, expected) => {
    expect(held(lines)?.map(([rule]) => rule)).toEqual(expected);
  });

  it.each<[string, string]>([
    ['critical: { default: {} }', 'config.critical.default: unknown key, did you mean defaults?'],
    [
      'critical: { defaults: { llm-provider: stop } }',
      'config.critical.defaults.llm-provider: expected block',
    ],
    ['critical: { rules: [{ setting: a }] }', 'config.critical.rules[0].name: missing'],
    [
      'critical: { rules: [{ name: a, setting: "a..b" }] }',
      'config.critical.rules[0].setting: expected the path',
    ],
    [
      'critical: { rules: [{ name: a, on: stop }] }',
      'config.critical.rules[0].on: expected block, warn or ask',
    ],
    [
      'critical: { rules: [{ name: a, object: file }] }',
      'config.critical.rules[0].object: never there on kubernetes: expected configmap/<name>',
    ],
  ])('may not be %s', (lines, fault) => {
    const [found = '', ...others] = faults(service(`config: { ${lines} }`));
    expect(others).toEqual([]);
    expect(found).toContain(`services.orchestrator.${fault}`);
  });
});

describe('the workload of a profile', () => {
  it.each(['deployment', 'statefulSet', 'daemonSet'])(
    'may be a %s, whose name the container has by default',
    (setting) => {
      const { target } = profile(MINIMAL.replace(/deployment: [\w-]+/, `${setting}: orch`));
      expect(target).toMatchObject({ kind: 'kubernetes', [setting]: 'orch', container: 'orch' });
    },
  );

  it('is one', () => {
    expect(faults(MINIMAL.replace(/deployment: [\w-]+/, 'deployment: a, statefulSet: b'))).toEqual([
      expect.stringContaining('statefulSet: expected one of deployment, statefulSet or daemonSet'),
    ]);
  });
});

describe('the settings of a profile', () => {
  it('are taken over', () => {
    const text = service(`environment: staging
auth: { mode: jwt-hs256, secret: { env: JWT_SECRET }, ttl: 60 }
checks:
  health: { provider: openrouter, needed: 5, every: 500ms }
  chat: { acceptErrors: [agent_unavailable], timeout: 1m30s }
  agents: { expected: [llm_router_agent], onMissing: fail, instancePort: 8181 }
  metrics: false
required: [health]
`);
    expect(profile(text)).toMatchObject({
      environment: 'staging',
      auth: { mode: 'jwt-hs256', secret: { env: 'JWT_SECRET' }, subject: 'rollback-runbook', ttl: 60 },
      checks: {
        health: { provider: 'openrouter', needed: 5, everyMs: 500 },
        chat: { acceptErrors: ['agent_unavailable'], timeoutMs: 90_000 },
        agents: { expected: ['llm_router_agent'], onMissing: 'fail', instancePort: 8181 },
      },
      required: ['health'],
    });
    expect(profile(text).checks).not.toHaveProperty('metrics');
  });

  it('require every check that is on, when nothing else is said', () => {
    expect(profile(service('checks: { agents: false }')).required).toEqual(['health', 'chat', 'metrics']);
  });

  it('name receivers by their kind, numbered from the second on', () => {
    const text = service(`notify:
  - slack: { url: { env: A } }
  - slack: { url: { env: B } }
  - webhook: { url: { env: C }, name: pager, timeout: 3s, signingSecret: { env: K } }
`);
    expect(profile(text).notify).toEqual([
      { kind: 'slack', name: 'slack', url: { env: 'A' }, timeoutMs: 10_000 },
      { kind: 'slack', name: 'slack-2', url: { env: 'B' }, timeoutMs: 10_000 },
      { kind: 'webhook', name: 'pager', url: { env: 'C' }, signingSecret: { env: 'K' }, timeoutMs: 3000 },
    ]);
  });

  it('hold no key without a value', () => {
    const undefinedKeys = (value: unknown): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, item]) => (item === undefined ? [key] : undefinedKeys(item)))
        : [];
    const text = service('notify: [{ slack: { url: { kubernetesSecret: { name: a, key: b } } } }]');
    expect(undefinedKeys(parseConfig(text, { file }))).toEqual([]);
  });

  it('take relative paths from the folder of the file', () => {
    const text = service('notify: [{ slack: { url: { file: hook } } }]').replace(
      'namespace:',
      'kubeconfig: kube/config, namespace:',
    );
    const config = parseConfig(`records: out\n${text}`, { file: '/etc/runbook/runbook.yaml' });
    expect(config.records).toBe('/etc/runbook/out');
    expect(config.services.orchestrator).toMatchObject({
      target: { kind: 'kubernetes', kubeconfig: '/etc/runbook/kube/config' },
      notify: [{ url: { file: '/etc/runbook/hook' } }],
    });
    expect(parseConfig(MINIMAL, { file }).records).toBe(resolve('incidents'));
  });

  it('may be shared by anchors and merge keys', () => {
    const text = `services:
  one: &one
    kubernetes: { namespace: a, deployment: b }
    endpoint: http://one
  two:
    <<: *one
    endpoint: http://two
`;
    const { services } = parseConfig(text, { file });
    expect(services.two).toMatchObject({
      endpoint: 'http://two',
      target: { kind: 'kubernetes', namespace: 'a' },
    });
  });
});

describe('the hash of a profile', () => {
  it('is the same for the same profile, whatever the order of its keys', () => {
    const other = MINIMAL.replace(
      'namespace: phoenix-orch, deployment: master-orchestrator',
      'deployment: master-orchestrator, namespace: phoenix-orch',
    );
    expect(profile(MINIMAL).hash).toMatch(/^[0-9a-f]{12}$/);
    expect(profile(other).hash).toBe(profile(MINIMAL).hash);
    expect(profile(service('environment: staging')).hash).not.toBe(profile(MINIMAL).hash);
  });
});

const COMPOSE = MINIMAL.replace(
  /kubernetes: .*/,
  'compose: { directory: ../phoenix, service: master-orchestrator }',
);

describe('a Compose service', () => {
  it('needs its folder and its name, and has a default for everything else', () => {
    expect(profile(COMPOSE).target).toEqual({
      kind: 'compose',
      directory: resolve('../phoenix'),
      service: 'master-orchestrator',
      startedElsewhere: 'refuse',
      profiles: [],
      command: 'auto',
      pin: 'tag',
      sharedImage: 'refuse',
      sharedFiles: 'refuse',
      config: 'restore',
      restartDependants: false,
      sharedNamespaces: 'recreate',
      state: '.runbook',
      pullTimeoutMs: 300_000,
      rollout: { deadlineMs: 600_000, crashLoopRestarts: 3, stableForMs: 10_000 },
    });
  });

  it('takes over every setting', () => {
    const text = COMPOSE.replace(
      'service: master-orchestrator',
      `service: a_b.c, files: [a.yml, prod/b.yml], envFiles: [prod.env], projectDirectory: prod, startedElsewhere: allow, project: phoenix, profiles: [full],
      command: docker-compose, context: remote, address: 10.0.0.7, pin: digest, sharedImage: change, sharedFiles: change, config: keep,
      restartDependants: true, sharedNamespaces: keep, configFiles: [data/config.toml], state: ops/runbook, pullTimeout: 1m,
      rollout: { deadline: 1m, crashLoopRestarts: 5, stableFor: 0ms }`,
    );
    expect(profile(text).target).toMatchObject({
      service: 'a_b.c',
      files: ['a.yml', 'prod/b.yml'],
      envFiles: ['prod.env'],
      projectDirectory: 'prod',
      startedElsewhere: 'allow',
      project: 'phoenix',
      profiles: ['full'],
      command: 'docker-compose',
      context: 'remote',
      address: '10.0.0.7',
      pin: 'digest',
      sharedImage: 'change',
      sharedFiles: 'change',
      config: 'keep',
      restartDependants: true,
      sharedNamespaces: 'keep',
      configFiles: ['data/config.toml'],
      state: 'ops/runbook',
      pullTimeoutMs: 60_000,
      rollout: { deadlineMs: 60_000, crashLoopRestarts: 5, stableForMs: 0 },
    });
  });

  it.each<[string, string]>([
    ['service: ""', 'compose.service: '],
    ['service: "../x"', 'compose.service: expected the name of a service'],
    ['service: a, files: [../other.yml]', 'compose.files[0]: expected a path inside the project folder'],
    ['service: a, files: [/etc/other.yml]', 'compose.files[0]: expected a path inside the project folder'],
    [
      'service: a, envFiles: [a/../../b.env]',
      'compose.envFiles[0]: expected a path inside the project folder',
    ],
    ['service: a, state: ../runbook', 'compose.state: expected a path inside the project folder'],
    ['service: a, project: Phoenix', 'compose.project: expected a project name'],
    ['service: a, command: podman', 'compose.command: expected one of'],
    ['service: a, host: 10.0.0.7', 'compose.host: expected an address such as unix://'],
    ['service: a, host: "tcp://a:1", context: b', 'compose.host: expected context or host, not both'],
    ['service: a, pin: latest', 'compose.pin: expected one of'],
    ['service: a, rollout: { deadline: 5s, stableFor: 5s }', 'compose.rollout.stableFor: can never pass'],
    ['service: a, pullTimeout: 1h', 'compose.pullTimeout: expected between 1s and 15m'],
    ['service: a, tag: v1', 'compose.tag: unknown key'],
  ])('%s', (setting, fault) => {
    const found = faults(COMPOSE.replace('service: master-orchestrator', setting));
    expect(found).toEqual([expect.stringContaining(`services.orchestrator.${fault}`)]);
  });

  it('is no Kubernetes workload as well', () => {
    const both = MINIMAL.replace(/( +)kubernetes: .*/, '$&\n$1compose: { directory: a, service: b }');
    expect(faults(both)).toEqual([
      expect.stringMatching(/compose: expected kubernetes or compose, not both$/),
    ]);
  });

  it('has no cluster whose Secrets could be read', () => {
    const text = `${COMPOSE}    auth: { mode: bearer, secret: { kubernetesSecret: { name: a, key: b } } }\n`;
    expect(faults(text)).toEqual([
      expect.stringMatching(/auth\.secret\.kubernetesSecret: no cluster to read it from/),
    ]);
  });
});

describe('a fault in runbook.yaml', () => {
  it('is named with line, column and path, all of them at once', () => {
    const text = service(`checks:
  chat: { message: a digital smoke, within: 5, timout: 3s }
  agents:
    onMissing: no
`).replace('http://127.0.0.1:8181/', 'orchestrator:8181');
    expect(faults(text)).toEqual([
      'runbook.yaml:4:15 services.orchestrator.endpoint: expected an http or https address',
      expect.stringMatching(
        /^runbook\.yaml:6:24 services\.orchestrator\.checks\.chat\.message: contains "git" or "commit"/,
      ),
      'runbook.yaml:6:49 services.orchestrator.checks.chat.within: expected a duration such as 500ms, 10s or 2m',
      'runbook.yaml:6:52 services.orchestrator.checks.chat.timout: unknown key, did you mean timeout?',
      'runbook.yaml:8:20 services.orchestrator.checks.agents.onMissing: expected one of "inconclusive"|"fail"|"ignore"',
    ]);
  });

  it.each<[string, string]>([
    ['kubernets: {}', 'kubernets: unknown key, did you mean kubernetes?'],
    [
      'zzz: 1',
      'zzz: unknown key (known: environment, kubernetes, compose, endpoint, auth, checks, required, signals, repositories, evidence, config, prometheus, diff, notify, preconditions, startWithin, decisions, approval, onCancel, longestPause, budgets, need, followThrough)',
    ],
    ['checks: { health: }', 'checks.health: expected the settings of the check, or false to switch it off'],
    [
      'checks: { health: true }',
      'checks.health: expected the settings of the check, or false to switch it off',
    ],
    ['checks: { health: { needed: 0 } }', 'checks.health.needed: expected number to be >=1'],
    ['checks: { health: { needed: three } }', 'checks.health.needed: expected number, received string'],
    ['checks: { health: { within: 20m } }', 'checks.health.within: expected between 100ms and 14m'],
    [
      'checks: { health: { path: health } }',
      'checks.health.path: expected a path that begins with /, without query',
    ],
    ['checks: { chat: { message: "" } }', 'checks.chat.message: must not be empty'],
    ['checks: { chat: { message: please COMMIT } }', 'checks.chat.message: contains "git" or "commit"'],
    [
      'checks: { chat: { acceptErrors: [AgentUnavailable] } }',
      'checks.chat.acceptErrors[0]: expected one of',
    ],
    ['checks: { chat: { needed: 6 } }', 'checks.chat.needed: more than maxMessages allows'],
    [
      'checks: { agents: { needed: 4, every: 10s, within: 30s } }',
      'checks.agents.within: can never pass: 4 good probes, one every 10 s, take 30 s',
    ],
    ['checks: { health: { every: 1m } }', 'checks.health.within: can never pass: 3 good probes'],
    ['checks: { metrics: { within: 20s } }', 'checks.metrics.within: can never pass: 3 good probes'],
    ['checks: { chat: { needed: 5, every: 45s } }', 'checks.chat.within: can never pass: 5 good probes'],
    ['checks: { metrics: { port: 70000 } }', 'checks.metrics.port: expected number to be <=65535'],
    ['checks: { metrics: false }\nrequired: [metrics]', 'required[0]: the check metrics is switched off'],
    ['required: [healh]', 'required[0]: expected one of "health"|"chat"|"agents"|"metrics"'],
    ['auth: { mode: basic }', 'auth.mode: expected mode none, bearer or jwt-hs256'],
    ['auth: { mode: bearer }', 'auth.secret: missing'],
    ['notify: [{ slac: 1 }]', 'notify[0].slac: expected { slack: … } or { webhook: … }'],
    ['notify: [{}]', 'notify[0]: expected exactly one of slack, webhook'],
    ['notify: [{ slack: { url: { vault: x } } }]', 'notify[0].slack.url.•••: expected a reference'],
    ['notify: [{ slack: { url: { env: A, file: b } } }]', 'notify[0].slack.url: exactly one of them'],
    ['notify: [{ slack: { url: {} } }]', 'notify[0].slack.url: exactly one of them'],
    [
      'notify: [{ slack: { url: { env: "not a name" } } }]',
      'notify[0].slack.url.env: expected the name of an environment variable',
    ],
    ['notify: [{ slack: { url: { file: ~/hook } } }]', 'notify[0].slack.url.file: ~ is not expanded'],
    [
      'notify: [{ slack: { name: a, url: { env: A } } }, { webhook: { name: a, url: { env: B } } }]',
      'notify[1]: a second receiver called a',
    ],
  ])('%s: %s', (lines, fault) => {
    const found = faults(service(lines));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^runbook\.yaml:\d+:\d+ services\.orchestrator\./);
    expect(found[0]).toContain(`services.orchestrator.${fault}`);
  });

  it.each([
    ['http://me:hush-hush@h', 'this looks like a secret'],
    ['http://hush-hush@h', 'credentials may not stand in an address'],
    ['http://h/?token=hush-hush-1', 'this looks like a secret'],
    ['http://h/?token=hush-hush', 'an endpoint has no query and no fragment'],
    ['http://h/?a=hush', 'an endpoint has no query and no fragment'],
    ['ftp://h', 'expected an http or https address'],
    ['h:8181', 'expected an http or https address'],
  ])('the endpoint %s: %s', (endpoint, fault) => {
    const found = faults(MINIMAL.replace('http://127.0.0.1:8181/', endpoint));
    expect(found).toEqual([expect.stringContaining(`endpoint: ${fault}`)]);
    expect(found.join()).not.toContain('hush-hush');
  });

  it.each([
    ['auth: { mode: bearer, secret: hush-hush }', 'auth.secret: a secret may not stand in this file'],
    ['auth: { mode: bearer, secret: Bearer hush-hush-1 }', 'auth.secret: this looks like a secret'],
    ['auth: { mode: bearer, secret: Bearer hush-hush }', 'auth.secret: a secret may not stand in this file'],
    [
      'notify: [{ slack: { url: "https://hooks.example/hush-hush" } }]',
      'notify[0].slack.url: this looks like a secret',
    ],
    [
      'notify: [{ slack: { url: "https://chat.example/hush-hush" } }]',
      'notify[0].slack.url: a secret may not stand in this file',
    ],
    [
      'notify: [{ webhook: { url: { env: A }, signingSecret: hush-hush } }]',
      'signingSecret: a secret may not stand in this file',
    ],
    ['auth: { mode: bearer, token: hush-hush, secret: { env: A } }', 'auth.token: unknown key'],
    ['auth: { mode: bearer, secret: { hush-hush: } }', 'auth.secret.•••: expected a reference'],
    ['auth: { mode: bearer, secret: { hush-hush-1: A, env: B } }', 'auth.secret.•••: expected a reference'],
    ['notify: [{ slack: { url: { hush-hush: x } } }]', 'notify[0].slack.url.•••: expected a reference'],
    ['hush-hush-1: x', 'services.orchestrator.•••: unknown key'],
    ['checks: { chat: { hush-hush-1: x } }', 'checks.chat.•••: unknown key'],
    ['"api_key: hush-hush-1": x', 'services.orchestrator.•••: this looks like a secret'],
    ['"http://me:hush-hush@h": x', 'services.orchestrator.•••: this looks like a secret'],
    ['checks: { "Bearer hush-hush-1": { x: 1 } }', 'checks.•••: this looks like a secret'],
  ])('a secret in the file, %s: %s, and it is not repeated', (lines, fault) => {
    const found = faults(service(lines));
    expect(found).toEqual([expect.stringContaining(fault)]);
    expect(found.join()).not.toContain('hush-hush');
  });

  it.each([
    ['', 'runbook.yaml:1:1 services: missing'],
    ['services: {}', 'runbook.yaml:1:11 services: expected at least one service'],
    ['services: [', 'runbook.yaml:1:12 not YAML: BAD_INDENT'],
    ['- 1', 'runbook.yaml:1:1 expected object, received array'],
    ['a: 1\na: 2', 'runbook.yaml:2:1 the same key twice'],
    ['a: 1\n---\nb: 2', 'runbook.yaml:2:1 more than one document in the file'],
    ['services: *x', 'runbook.yaml:1:1 an alias without anchor, or too many aliases'],
    ['services: !custom {}', 'runbook.yaml:1:11 not YAML: TAG_RESOLVE_FAILED'],
    [
      'services: { A_b: {} }',
      'runbook.yaml:1:13 services.A_b: expected a service name: lower case letters, digits and -',
    ],
    [
      '__proto__: { records: x }',
      'runbook.yaml:1:1 __proto__: unknown key (known: records, services, groups)',
    ],
  ])('the file %j: %s', (text, fault) => {
    expect(faults(text)).toContain(fault);
  });

  it('that no check could ever pass is named with its line', () => {
    expect(faults(service('checks:\n  health: false\n  agents:\n    needed: 4\n    within: 5s\n'))).toEqual([
      'runbook.yaml:9:17 services.orchestrator.checks.agents.within: can never pass: 4 good probes, one every 2 s, take 6 s',
    ]);
    expect(faults(service('checks: { agents: { needed: 4, within: 6001ms } }'))).toEqual([]);
  });

  it('shows no secret that was written as the name of a service', () => {
    const found = faults('services: { Hunter-22-Hunter: { x: 1 }, ghp_abcdef0123456789: { x: 1 } }');
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toMatch(/Hunter|abcdef/);
  });

  it('shows the name of a service as it is', () => {
    expect(faults('services: { orchestrator-eu-west-1: { x: 1 } }').join()).toContain(
      'services.orchestrator-eu-west-1.endpoint: missing',
    );
  });

  it('stays on one line, whatever a key holds', () => {
    expect(faults(service(`"a\\n\\e[m${'b'.repeat(100)}": 1`))).toEqual([
      expect.stringMatching(/^runbook\.yaml:5:5 services\.orchestrator\.a \[mb{50,60}: unknown key/),
    ]);
  });

  it('does not let aliases grow without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? 'x' : `*l${level - 1}`)
          .join(',')}]`,
    );
    const begun = performance.now();
    expect(faults(levels.join('\n')).join()).toContain('too many aliases');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is not shown more often than people read', () => {
    const text = `services:\n${Array.from({ length: 60 }, (_, index) => `  s${index}: { x: 1 }`).join('\n')}`;
    const found = faults(text);
    expect(found).toHaveLength(31);
    expect(found.at(-1)).toMatch(/^… and \d+ more$/);
  });
});

describe('the file itself', () => {
  it('is read from its path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'runbook-config-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'runbook.yaml');
    await expect(loadConfig(path)).rejects.toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('cannot be read (ENOENT)'),
    });
    await writeFile(path, MINIMAL);
    expect(await loadConfig(path)).toMatchObject({ records: join(folder, 'incidents') });
  });
});
