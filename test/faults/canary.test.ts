import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { DEPLOYMENT, deployment, imageOf, rulesOf, WORKER_RULES } from '../../sandbox/manifests.ts';
import { startRollback, startVerify, TASK_QUEUE } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { freePorts } from '../../tools/ports.ts';
import { until } from '../../tools/until.ts';
import { runCommand } from '../cli/run-command.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { startWorkerProgram } from '../stories/stage-worker.ts';
import { aSecondLater } from '../worlds/a-second-later.ts';
import { keptSecrets, namesAndMarks, referringTo, writeCanaryConfig } from './canary-config.ts';
import { evidenceOfFolder, evidenceOfRun } from './canary-evidence.ts';
import {
  type CanaryReceiver,
  type Front,
  type Manner,
  startCanaryReceiver,
  startFront,
} from './canary-parts.ts';
import { type CanaryValues, canaryProfile, quickChecks, type ReferenceKind } from './canary-profile.ts';
import { type Canary, canary, type Evidence, everythingIn, findings } from './canary-search.ts';
import { countRow, EVERYTHING } from './rows.ts';

interface CanaryService {
  readonly name: string;
  readonly kind: ReferenceKind;
  readonly mode: 'bearer' | 'jwt-hs256';
  readonly manner: Manner;
  /** Of the long form alone: each costs a whole run. */
  readonly long?: true;
}

/** Services of one Deployment: each refers to its secrets in another way, and stands behind a front of another manner. */
const ALL_SERVICES: readonly CanaryService[] = [
  { name: 'well', kind: 'env', mode: 'bearer', manner: 'forwards' },
  { name: 'echoing', kind: 'file', mode: 'bearer', manner: '401 with the header' },
  {
    name: 'chatty',
    kind: 'kubernetesSecret',
    mode: 'bearer',
    manner: 'chat error with the header',
    long: true,
  },
  { name: 'redirecting', kind: 'env', mode: 'jwt-hs256', manner: 'redirect with the header', long: true },
  { name: 'resetting', kind: 'file', mode: 'jwt-hs256', manner: 'reset', long: true },
  { name: 'signed', kind: 'kubernetesSecret', mode: 'jwt-hs256', manner: '401 with the header' },
];
const SERVICES = ALL_SERVICES.filter(({ long }) => EVERYTHING || !long);

const canaries: Canary[] = [];
const plant = (place: string) => {
  const made = canary(place);
  canaries.push(made);
  return made;
};
const fronts = new Map<string, Front>();
const auths = new Map<string, Canary>();
const runs: string[] = [];
const evidence: Evidence[] = [];
let stage: Stage;
let cast: Cast;
let receiver: CanaryReceiver;
let log = '';
let records = '';

beforeAll(async () => {
  // Servers of its own: all that they keep is searched.
  stage = await openStage({ own: true });
  const { sandbox } = stage;
  const rules = [...WORKER_RULES, ...rulesOf('rbac-config-secrets.yaml')];
  cast = await stage.cast('canary', { worker: false, taskQueue: TASK_QUEUE, rules });
  receiver = await startCanaryReceiver();
  const folder = join(sandbox.folder, 'canary-worker');
  await mkdir(folder);
  const values: CanaryValues = { env: {}, files: {}, secret: {} };
  const [closedPort = 0] = await freePorts(1);
  const { apiPort, metricsPort } = sandbox.cluster.node;
  const kubeconfig = join(sandbox.folder, `${cast.namespace}-rollback-worker.kubeconfig`);
  const target = { namespace: cast.namespace, deployment: DEPLOYMENT };
  const services: Record<string, object> = {};
  for (const { name, kind, mode, manner } of SERVICES) {
    const front = await startFront(cast.url);
    front.manner = manner;
    fronts.set(name, front);
    const made = canaryProfile({ name, kind, mode, folder, receiver: receiver.origin, closedPort }, values);
    canaries.push(...made.canaries);
    auths.set(name, made.auth);
    services[name] = {
      kubernetes: { kubeconfig, ...target },
      endpoint: front.url,
      checks: quickChecks(apiPort, metricsPort),
      config: { critical: CRITICAL },
      ...made.profile,
    };
  }
  const keyFile = join(folder, 'evidence-key');
  await writeFile(keyFile, plant('key of the evidence').value);
  services.keeping = {
    kubernetes: { kubeconfig, ...target },
    endpoint: cast.url,
    checks: quickChecks(apiPort, metricsPort),
    config: { secrets: 'keep', critical: CRITICAL },
    evidence: { signingKey: { file: keyFile } },
    ...UNATTENDED,
  };
  // Clusters that do not take the token, or do not answer.
  const text = await readFile(kubeconfig, 'utf8');
  for (const [name, server] of [
    ['unauthorised', undefined],
    ['unreachable', `https://127.0.0.1:${closedPort}`],
  ] as const) {
    const config = JSON.parse(text);
    config.users[0].user.token = plant(`kubeconfig of a cluster that is ${name}`).value;
    if (server) config.clusters[0].cluster.server = server;
    const file = join(folder, `${name}.kubeconfig`);
    await writeFile(file, JSON.stringify(config));
    services[name] = { kubernetes: { kubeconfig: file, ...target }, endpoint: cast.url, ...UNATTENDED };
  }
  const { token } = JSON.parse(text).users[0].user;
  // It is a JWT: its signature is nobody else's.
  canaries.push({
    place: 'kubeconfig of the cluster',
    value: token,
    traces: [token.split('.')[2].slice(0, 40)],
  });
  records = join(folder, 'incidents');
  const configFile = join(folder, 'runbook.yaml');
  await writeFile(configFile, stringify({ records, services }));
  await Promise.all(
    Object.entries(values.files).map(([name, value]) => writeFile(join(folder, name), `${value}\n`)),
  );
  await sandbox.cluster.api.must('POST', `/api/v1/namespaces/${cast.namespace}/secrets`, {
    metadata: { name: 'canaries' },
    stringData: values.secret,
  });
  await plantConfig(cast.namespace);
  const worker = await startWorkerProgram(sandbox, { configFile, taskQueue: TASK_QUEUE }, values.env);
  log = worker.log ?? '';
}, 180_000);
afterAll(async () => {
  await Promise.all([...fronts.values()].map((front) => front.close()));
  await receiver?.close();
  await stage?.close();
});

/** Deploys a version whose template holds secrets of its own in literal environment variables. */
async function deploy(version: string): Promise<void> {
  const { apiPort, metricsPort } = stage.sandbox.cluster.node;
  const [container] = deployment({ image: imageOf(version), apiPort, metricsPort }).spec.template.spec
    .containers;
  const env = ['LLM_API_KEY', 'UPSTREAM'].map((name) => ({
    name,
    value: plant(`template of ${version}, ${name}`).value,
  }));
  const { api } = stage.sandbox.cluster;
  canaries.push(...(await writeCanaryConfig(api, cast.namespace, version, plant)));
  await aSecondLater();
  const template = referringTo({ ...container, env: [...container.env, ...env] });
  const [main] = template.containers;
  // And what is judged: a Secret that it takes variables and files from, and a ConfigMap that holds a secret.
  const judged = {
    envFrom: [...main.envFrom, { secretRef: { name: 'service-keys' } }],
    volumeMounts: [
      ...main.volumeMounts,
      { name: 'keys', mountPath: '/keys' },
      { name: 'settings', mountPath: '/settings' },
    ],
  };
  await cast.deploy(version, {
    template: {
      ...template,
      containers: [{ ...main, ...judged }],
      volumes: [
        ...template.volumes,
        { name: 'keys', secret: { secretName: 'service-keys' } },
        { name: 'settings', configMap: { name: `settings-of-${version.replaceAll('.', '-')}` } },
      ],
    },
  });
}

/** Beside the config of the service, and the copies of it that are as readable as it is itself. */
function isNoConfig({ metadata }: { readonly metadata: { readonly name: string } }): boolean {
  return !/^settings-of-|config(-\d+)?$/.test(metadata.name);
}

/** Every rule is broken, by values that are secrets. */
const CRITICAL = {
  defaults: Object.fromEntries(
    ['config-readable', 'llm-provider', 'agents-complete', 'agents-within-bounds', 'no-placeholders'].map(
      (rule) => [rule, 'warn'],
    ),
  ),
  rules: [
    { name: 'one', object: 'secret/*', key: 'API_KEY', oneOf: ['x'] },
    { name: 'match', object: 'secret/*', key: 'config.toml', setting: 'llm.default_provider', matches: 'x' },
    { name: 'bounds', object: 'secret/*', key: 'app.yaml', setting: 'timeout', number: { most: 1 } },
    {
      name: 'section',
      object: 'secret/*',
      key: 'app.yaml',
      setting: 'queue',
      names: { section: 'q.{value}' },
    },
    { name: 'variable', object: 'environment', setting: 'API_KEY', variable: true },
    { name: 'any-variable', object: 'environment', setting: '*', oneOf: ['x'] },
    { name: 'in-a-config-map', object: 'configmap/*', key: 'app.yaml', setting: 'password', oneOf: ['x'] },
  ].map((rule) => ({ ...rule, on: 'warn' })),
};

/** The objects that `deploy` refers to, each value a canary of its own. */
async function plantConfig(namespace: string): Promise<void> {
  const { api } = stage.sandbox.cluster;
  const value = (place: string) => plant(`config of the service, ${place}`).value;
  await api.must('POST', `/api/v1/namespaces/${namespace}/secrets`, {
    metadata: { name: 'service-keys' },
    stringData: {
      API_KEY: value('variable'),
      'config.toml': `[llm]\ndefault_provider = "${value('TOML')}"\n`,
      'app.yaml': `timeout: ${value('YAML')}\nqueue: "${value('section')}"\n`,
      'broken.json': `{"password": "${value('JSON')}"`,
    },
  });
  for (const version of ['v0-1-0', 'v0-2-0', 'v0-2-1']) {
    await api.must('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name: `settings-of-${version}` },
      data: { 'app.yaml': `password: ${value(version)}\nlevel: ${version}\n` },
    });
  }
}

async function end(workflowId: string): Promise<RunReport> {
  const report = await cast.end(stage.client.workflow.getHandle(workflowId));
  runs.push(workflowId);
  return report;
}

async function verified(service: string): Promise<RunReport> {
  const workflowId = `canary/verify-${service}`;
  await startVerify(stage.client, { service }, { workflowId });
  return end(workflowId);
}

async function rollback(service: string): Promise<RunReport> {
  const workflowId = `canary/${service}`;
  await startRollback(stage.client, { service, reason: 'chat fails' }, { workflowId });
  return end(workflowId);
}

describe('secrets that a run uses, or comes by', () => {
  it('are used by a verification, a dry run and a rollback that end well', async () => {
    await deploy('v0.1.0');
    expect((await verified('well')).outcome).toBe('known-good');
    // By now the content of the Secrets is kept too.
    expect((await verified('keeping')).outcome).toBe('known-good');
    await deploy('v0.2.0');
    const plan = await runCommand(['plan', 'well', '--workflow-id', 'canary/plan'], {
      TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    });
    for (const said of [
      '# a masked value differs',
      'settings-of-v0-1-0 app.yaml level: added',
      ...CRITICAL.rules.map(({ name }) => `(${name})`),
      '(config-readable)',
      '(llm-provider)',
    ])
      expect(plan.stdout).toContain(said);
    evidence.push({ where: 'runbook plan', text: plan.stdout + plan.stderr });
    runs.push('canary/plan');
    const { outcome, plan: done } = await rollback('well');
    expect(outcome).toBe('rolled-back');
    expect(done?.warnings.join()).toContain('secret/secret-env');
  });

  it('are kept, and come back, where the profile says so; where it does not they are named', async () => {
    const { api } = stage.sandbox.cluster;
    const kept = await keptSecrets(api, cast.namespace);
    const found = findings(canaries, [{ where: 'copies', text: JSON.stringify(kept) }]);
    expect(found.filter((one) => one.startsWith('Secret of v0.1.0'))).toHaveLength(5);
    await deploy('v0.2.1');
    const report = await rollback('keeping');
    expect(report.outcome).toBe('rolled-back');
    const settings = report.plan?.settings?.join('\n');
    expect(settings).toMatch(/model: "of-v0.2.1" -> "of-v0.1.0"/);
    expect(settings).toMatch(/llm.api_key: changed \(masked\)/);
    const { template } = (await cast.workload()).spec;
    expect(JSON.stringify(template).match(/master-orchestrator-secret-\d+/g)).toHaveLength(5);
  });

  it('are used by runs that fail: the service repeats the token, receivers their address, connections break', async () => {
    const reports: RunReport[] = [];
    // They name one Deployment: it is rolled back by one run at a time.
    for (const { name } of SERVICES.slice(1)) reports.push(await rollback(name));
    expect(reports.map(({ outcome }) => outcome)).toEqual(reports.map(() => 'not-proved'));
    for (const { ledger } of reports) {
      const told = ledger.filter(({ step }) => step === 'notify').map(({ outcome }) => outcome);
      expect(told.toSorted()).toEqual(['completed', 'failed', 'failed', 'failed']);
    }
  });

  it('are used by runs whose cluster refuses the token, or does not answer', async () => {
    expect(await rollback('unauthorised')).toMatchObject({ outcome: 'failed' });
    const handle = await startRollback(
      stage.client,
      { service: 'unreachable' },
      { workflowId: 'canary/unreachable' },
    );
    await until('a failed attempt', async () => {
      const { raw } = await handle.describe();
      evidence.push({ where: 'description while it fails', text: everythingIn(raw) });
      return raw.pendingActivities?.some(({ lastFailure }) => lastFailure);
    });
    await handle.cancel();
    await until('its end', async () => (await handle.describe()).status.name !== 'RUNNING');
    runs.push(handle.workflowId);
  });

  it('were there: the service was sent them, the receivers were reached under them, the template holds them', async () => {
    for (const { name, mode } of SERVICES) {
      const sent = [...(fronts.get(name)?.authorizations ?? [])];
      expect(sent.length).toBeGreaterThan(0);
      if (mode === 'bearer') expect(sent).toEqual([`Bearer ${auths.get(name)?.value}`]);
      else expect(sent.every((header) => header.startsWith('Bearer eyJ'))).toBe(true);
    }
    const known = findings(canaries, [
      { where: 'paths', text: [...receiver.paths].join('\n') },
      { where: 'template', text: JSON.stringify(await cast.workload()) },
    ]);
    // An address of slack and of a webhook for every service, and two variables of the version that runs.
    expect(known).toHaveLength(SERVICES.length * 2 + 2);
  });

  it('are found nowhere else: history, reports, log, records, commands, messages, objects of the cluster', async () => {
    const { client, sandbox } = stage;
    for (const id of runs) evidence.push(...(await evidenceOfRun(client, sandbox.temporal.address, id)));
    evidence.push(...(await evidenceOfFolder(records)), {
      where: 'log of the worker',
      text: await readFile(log, 'utf8'),
    });
    evidence.push(...receiver.messages.map((text, index) => ({ where: `message ${index}`, text })));
    const objects = `/api/v1/namespaces/${cast.namespace}`;
    const { items } = await sandbox.cluster.api.must('GET', `${objects}/configmaps`);
    const secrets = await sandbox.cluster.api.must('GET', `${objects}/secrets`);
    const { metadata } = await cast.workload();
    evidence.push(
      { where: 'ConfigMaps', text: JSON.stringify(items.filter(isNoConfig)) },
      { where: 'names and marks of config', text: namesAndMarks([...items, ...secrets.items]) },
      { where: 'Deployment', text: JSON.stringify(metadata) },
    );
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toContain(
      `${DEPLOYMENT}-known-good`,
    );
    expect(receiver.messages.length).toBeGreaterThan(SERVICES.length);
    expect(evidence.length).toBeGreaterThan(runs.length * 5);
    for (const { place, value, traces } of canaries) {
      await countRow({
        family: 'canary secret',
        fault: place,
        target: 'Kubernetes',
        ends: 'found in no history, report, log, record, command, message or object',
        runs: runs.length,
        right: findings([{ place, value, traces }], evidence).length === 0 ? runs.length : 0,
      });
    }
    expect(findings(canaries, evidence)).toEqual([]);
    // The tokens that were signed with a canary, and the one of the cluster.
    expect(evidence.filter(({ text }) => /eyJ[\w-]{10,}\./.test(text)).map(({ where }) => where)).toEqual([]);
  });
});
