import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { ENV_FILE } from '../../sandbox/demo/compose-project.ts';
import { composeEntry } from '../../sandbox/demo/config.ts';
import { startRollback, startVerify, TASK_QUEUE } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { freePorts } from '../../tools/ports.ts';
import { runCommand } from '../cli/run-command.ts';
import { type ComposeCast, type ComposeStage, openComposeStage } from '../stories/stage-compose.ts';
import { startWorkerProgram } from '../stories/stage-worker.ts';
import { evidenceOfFolder, evidenceOfRun } from './canary-evidence.ts';
import { type CanaryReceiver, type Front, startCanaryReceiver, startFront } from './canary-parts.ts';
import { type CanaryValues, canaryProfile, quickChecks } from './canary-profile.ts';
import { type Canary, canary, type Evidence, findings } from './canary-search.ts';
import { countRow, EVERYTHING } from './rows.ts';

const problem = await composeHostProblem();

/** Services of one project: a Compose host has no Secrets of a cluster. */
const ALL_SERVICES = [
  { name: 'well', kind: 'env', mode: 'bearer', manner: 'forwards' },
  { name: 'echoing', kind: 'file', mode: 'bearer', manner: '401 with the header' },
  { name: 'chatty', kind: 'env', mode: 'jwt-hs256', manner: 'chat error with the header' },
  { name: 'redirecting', kind: 'file', mode: 'jwt-hs256', manner: 'redirect with the header' },
] as const;
/** Each costs a whole run: the short form has the first two. */
const SERVICES = EVERYTHING ? ALL_SERVICES : ALL_SERVICES.slice(0, 2);

/** Folders of the state that hold the content of files by design, for their owner alone. */
const HOLDS_CONTENT = [`${sep}contents${sep}`, `${sep}secrets${sep}`];

/** What the service takes config and secrets from, beside its env file and variables. */
const LINES = `    secrets: [filed, variable]
    configs: [{source: inline, target: /inline.toml}]
    volumes: ["./mounted.toml:/mounted.toml:ro"]
`;
const PROJECT = `secrets:
  filed: {file: ./secret.txt}
  variable: {environment: TOKEN}
configs:
  inline: {content: 'api_key = "$INLINE"'}
`;

describe.skipIf(problem)(`secrets around a Compose service${problem ? ` (${problem})` : ''}`, () => {
  const canaries: Canary[] = [];
  const fronts: Front[] = [];
  const runs: string[] = [];
  const evidence: Evidence[] = [];
  const plant = (place: string) => {
    const made = canary(place);
    canaries.push(made);
    return made.value;
  };
  let stage: ComposeStage;
  let cast: ComposeCast;
  let receiver: CanaryReceiver;
  let log = '';
  let records = '';

  beforeAll(async () => {
    stage = await openComposeStage();
    const { sandbox } = stage;
    await sandbox.composeHost.images.publish('v0.2.0');
    const literal = (text: string) =>
      `${text
        .replace(
          '      RUST_LOG: warn',
          `      LLM_API_KEY: ${plant('compose file, environment')}\n      UPSTREAM: \${UPSTREAM}\n      RUST_LOG: warn`,
        )
        .replace('    env_file:', `${LINES}    env_file:`)}${PROJECT}`;
    cast = await stage.cast('canary', { worker: false, edit: literal });
    await change('v0.1.0');
    receiver = await startCanaryReceiver();
    const folder = join(sandbox.folder, 'canary-worker');
    records = join(folder, 'incidents');
    await mkdir(folder);
    const values: CanaryValues = { env: {}, files: {}, secret: {} };
    const [closedPort = 0] = await freePorts(1);
    const first = await profileOf(cast);
    const services: Record<string, object> = {};
    for (const { name, kind, mode, manner } of SERVICES) {
      const front = await startFront(first.endpoint);
      front.manner = manner;
      fronts.push(front);
      const made = canaryProfile({ name, kind, mode, folder, receiver: receiver.origin, closedPort }, values);
      canaries.push(...made.canaries);
      services[name] = {
        ...composeEntry(cast.directory, '200ms'),
        endpoint: front.url,
        checks: quickChecks(first.checks.agents.instancePort, first.checks.metrics.port),
        ...made.profile,
        evidence: { signingKey: { env: 'EVIDENCE_KEY' } },
        config: { secrets: 'keep' },
      };
    }
    const configFile = join(folder, 'runbook.yaml');
    await writeFile(configFile, stringify({ records, services }));
    await Promise.all(
      Object.entries(values.files).map(([name, value]) => writeFile(join(folder, name), `${value}\n`)),
    );
    const key = { EVIDENCE_KEY: plant('the key of the evidence') };
    const env = { ...sandbox.composeHost.environment, ...values.env, ...key };
    const worker = await startWorkerProgram(sandbox, { configFile, taskQueue: TASK_QUEUE }, env);
    log = worker.log ?? '';
  }, 180_000);
  afterAll(async () => {
    await Promise.all(fronts.map((front) => front.close()));
    await receiver?.close();
    await stage?.close();
  });

  /** Secrets of a version in every kind of file that the service takes config from. */
  async function change(version: string): Promise<void> {
    const path = join(cast.directory, ENV_FILE);
    const text = (await readFile(path, 'utf8')).replace(/^(DATABASE_PASSWORD|HOOK)=.*\n/gm, '');
    const [password, hook] = ['password', 'hook'].map((name) => plant(`env file of ${version}, ${name}`));
    await writeFile(path, `${text}DATABASE_PASSWORD=${password}\nHOOK=${hook}\n`);
    const planted = (place: string) => plant(`${place} of ${version}`);
    const variables = ['UPSTREAM', 'TOKEN', 'INLINE'].map((name) => `${name}=${planted(`.env, ${name}`)}\n`);
    await writeFile(join(cast.directory, '.env'), variables.join(''));
    await writeFile(join(cast.directory, 'secret.txt'), planted('file of a secret'));
    const mounted = `[llm]\napi_key = "${planted('mounted file')}"\n`;
    await writeFile(join(cast.directory, 'mounted.toml'), mounted);
  }

  async function end(workflowId: string): Promise<RunReport> {
    const report = await cast.end(stage.client.workflow.getHandle(workflowId));
    runs.push(workflowId);
    return report;
  }

  async function rollback(service: string): Promise<RunReport> {
    const workflowId = `canary/${service}`;
    await startRollback(stage.client, { service, reason: 'chat fails' }, { workflowId });
    return end(workflowId);
  }

  it('are used by a verification, a dry run and a rollback that end well', async () => {
    await cast.deploy('v0.1.0');
    await startVerify(stage.client, { service: 'well' }, { workflowId: 'canary/verify' });
    expect((await end('canary/verify')).outcome).toBe('known-good');
    await change('v0.2.0');
    await cast.deploy('v0.2.0', { timeout: 5 });
    const plan = await runCommand(['plan', 'well', '--workflow-id', 'canary/plan'], {
      TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    });
    expect(plan.stdout).toContain('DATABASE_PASSWORD');
    for (const setting of ['secret/filed: changed', 'secret/variable: another', 'config/inline'])
      expect(plan.stdout).toContain(setting);
    evidence.push({ where: 'runbook plan', text: plan.stdout + plan.stderr });
    runs.push('canary/plan');
    expect((await rollback('well')).outcome).toBe('rolled-back');
  });

  it('are used by runs that fail: the service repeats the token, receivers their address', async () => {
    for (const { name } of SERVICES.slice(1)) expect((await rollback(name)).outcome).toBe('not-proved');
  });

  it('were there: the service and the receivers saw them, the files hold them', async () => {
    const folder = await evidenceOfFolder(cast.directory);
    const paths = { where: 'paths', text: [...receiver.paths].join('\n') };
    const sent = fronts.flatMap((front) => [...front.authorizations]);
    expect(sent.filter((header) => header.startsWith('Bearer '))).toHaveLength(sent.length);
    const places = findings(canaries, [paths, ...folder]).map((found) => found.split(': in ')[0]);
    expect(new Set(places).size).toBeGreaterThanOrEqual(SERVICES.length + 4);
  });

  it('are found nowhere else: history, reports, log, records, commands, messages, the state of the service', async () => {
    for (const id of runs)
      evidence.push(...(await evidenceOfRun(stage.client, stage.sandbox.temporal.address, id)));
    const isByDesign = (path: string) => HOLDS_CONTENT.some((part) => path.includes(part));
    const state = await evidenceOfFolder(join(cast.directory, '.runbook'), isByDesign);
    expect(state.map(({ where }) => where).join('\n')).toMatch(/audit[\s\S]*known-good/);
    evidence.push(...state, ...(await evidenceOfFolder(records)));
    evidence.push({ where: 'log of the worker', text: await readFile(log, 'utf8') });
    evidence.push(...receiver.messages.map((text, index) => ({ where: `message ${index}`, text })));
    expect(evidence.length).toBeGreaterThan(runs.length * 5);
    for (const one of canaries) {
      await countRow({
        family: 'canary secret',
        fault: one.place,
        target: 'Compose',
        ends: 'found in no history, report, log, record, command, message or state',
        runs: runs.length,
        right: findings([one], evidence).length === 0 ? runs.length : 0,
      });
    }
    expect(findings(canaries, evidence)).toEqual([]);
    expect(evidence.filter(({ text }) => /eyJ[\w-]{10,}\./.test(text)).map(({ where }) => where)).toEqual([]);
  });
});

/** The profile that the stage has written for its cast: ports and address of the service. */
async function profileOf({ configFile }: ComposeCast): Promise<{
  readonly endpoint: string;
  readonly checks: {
    readonly agents: { readonly instancePort: number };
    readonly metrics: { readonly port: number };
  };
}> {
  return parse(await readFile(configFile, 'utf8')).services.orchestrator;
}
