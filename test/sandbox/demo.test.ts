import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { recordsFolder } from '../../sandbox/demo/records.ts';
import { until } from '../../tools/until.ts';
import { EVERYTHING } from '../faults/rows.ts';
import { temporaryFolder } from '../tools/surroundings.ts';
import { tracesOf } from './compose/traces.ts';

const PROGRAM = join(import.meta.dirname, '../../sandbox/demo/main.ts');

/** Whether the moment has come, by what the demo has said and how many processes it has. */
type IsMoment = (said: string, processes: () => Promise<number>) => boolean | Promise<boolean>;

interface Moment {
  readonly when: string;
  readonly is: IsMoment;
  /** Of the long form alone: each moment takes a world up to there. */
  readonly long?: true;
}

function shortened(moments: readonly Moment[]): readonly Moment[] {
  return EVERYTHING ? moments : moments.filter(({ long }) => !long);
}

interface RunningDemo {
  readonly child: ChildProcess;
  /** Its temporary folder. */
  readonly folder: string;
  said(): string;
}

/** The demo with a temporary folder of its own, at some moment. */
async function demoAt(moment: IsMoment, ...args: string[]): Promise<RunningDemo> {
  const root = await temporaryFolder();
  const folder = join(root, 'tmp');
  await mkdir(folder);
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part) => {
      text += part;
    });
  }
  const processes = async () => (await processesOf(folder)).length;
  await until('the moment', async () => moment(text, processes), { everyMs: 20 });
  return { child, folder, said: () => text };
}

/** Processes that were started with this temporary folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const environments = pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''));
  const found = await Promise.all(environments);
  // Some have a folder of their own within.
  return pids.filter((_, index) => `${found[index]?.replaceAll('\0', '/')}/`.includes(`/TMPDIR=${folder}/`));
}

/** Ends a demo by Ctrl-C. */
async function interrupted({ child, folder, said }: RunningDemo): Promise<void> {
  const began = performance.now();
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  // On a machine that does nothing else it takes two.
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(code).toBe(130);
  expect(said()).not.toMatch(/Error|\n {4}at /);
  await nothingLeft(folder);
}

async function nothingLeft(folder: string): Promise<void> {
  await until('nothing to be left', async () => (await processesOf(folder)).length === 0);
  expect(await readdir(folder)).toEqual([]);
}

test.each(
  shortened([
    // Demo, supervisor, Temporal, etcd and the API server.
    { when: 'while the world comes up', is: async (_, processes) => (await processes()) >= 5 },
    { when: 'while a version is deployed', is: (said) => said.includes('── Deploy v0.2.0'), long: true },
    { when: 'in the middle of the rollback', is: (said) => said.includes('✓ roll back') },
  ]),
)('Ctrl-C $when ends the demo with 130 within seconds, and nothing is left', async ({ is }) => {
  await interrupted(await demoAt(is));
});

test('the demo on Kubernetes tells both parts of its story to the end, and nothing is left', async () => {
  const demo = await demoAt((said) => said.includes('up after'));
  const [code] = await once(demo.child, 'exit');
  const said = demo.said();
  const parts = said.split('\n── ').map((part) => part.trim());
  const part = (heading: string) =>
    parts.find((one) => one.startsWith(heading)) ?? `no part ${heading}: ${said}`;
  const rollback = part('An alert asks for a rollback');
  expect(rollback).toMatch(/rolled-back: 0\.2\.0 -> 0\.1\.0; health, chat, agents, metrics passed/);
  expect(rollback).toMatch(/why: warranted, failed plans 0 % -> \d+ % since .* after 0\.2\.0 became live/);
  expect(rollback).toMatch(/before and after: failed plans \d+ % -> 0 % \(0 % before the release\)/);
  // Bad by its ConfigMap alone: model and time-out.
  expect(part('Deploy v0.2.1')).toMatch(/"ok", openrouter \/ anthropic\/claude-3-opus\n.*but status "error"/);
  const settings = part('Ask for the plan').match(/set {3}.*/g);
  expect(settings).toEqual([
    'set   configmap/orchestrator-config config.toml llm.openrouter.model_name: "anthropic/claude-3-opus" -> "anthropic/claude-3.5-sonnet"',
    'set   configmap/orchestrator-config config.toml agents.default.timeout_secs: 5 -> 20',
  ]);
  expect(part('Roll back: image and config')).toMatch(
    /rolled-back: 0\.2\.1 -> 0\.1\.0; health, chat, agents, metrics passed/,
  );
  expect(part('The service answers well again, and')).toContain(
    'config from configmap/deployment-master-orchestrator-config-0',
  );
  // No copy of ours is in use any more.
  expect(part('The next release')).toMatch(
    /known-good: .*0\.2\.2[\s\S]*config from configmap\/orchestrator-config\n/,
  );
  expect(said.match(/was rolled back and is proved well/g)).toHaveLength(2);
  expect(code).toBe(0);
  await nothingLeft(demo.folder);
});

test('the demo of a fault that no release has made ends with nothing rolled back, and says why', async () => {
  const demo = await demoAt((said) => said.includes('up after'), '--innocent');
  const [code] = await once(demo.child, 'exit');
  const said = demo.said();
  expect(said).toMatch(
    /✓ assess need +not-warranted: failed plans 0 % -> 100 % since .* before 0\.2\.2 became live/,
  );
  expect(said).toMatch(/\nnot-warranted: the release is not the cause, nothing was changed/);
  expect(said).not.toMatch(/✓ (plan|take snapshot|roll back) /);
  expect(said).toContain('was NOT rolled back');
  expect(code).toBe(0);
  await nothingLeft(demo.folder);
});

test('Ctrl-C twice ends the demo at once, and nothing is left', async () => {
  // Demo, supervisor, Temporal, etcd and the API server.
  const { child, folder } = await demoAt(async (_, processes) => (await processes()) >= 5);
  child.kill('SIGINT');
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  await until('nothing to be left', async () => (await processesOf(folder)).length === 0);
  await until('the folder to be gone', async () => (await readdir(folder)).length === 0);
});

const problem = await composeHostProblem();

describe.skipIf(problem)(`the demo on Docker Compose${problem ? ` (${problem})` : ''}`, () => {
  test('tells both parts of its story to the end, and nothing is left', async () => {
    const demo = await demoAt((said) => said.includes('up after'), '--compose');
    const sandboxes = await sandboxesIn(demo.folder);
    const [code] = await once(demo.child, 'exit');
    const said = demo.said();
    expect(said).toContain('POST /api/v1/chat    HTTP 200, but status "error"');
    expect(said).toMatch(
      /✓ roll back +orchestrator\.env replaced, docker-compose\.yml replaced, container replaced/,
    );
    expect(said).toMatch(/\nrolled-back: 0\.2\.0 -> 0\.1\.0; health, chat, agents, metrics passed/);
    expect(said).toMatch(
      /\n +-.*phoenix-orch:v0\.2\.0 .*\n +\+.*phoenix-orch:v0\.1\.0 .*\n +orchestrator\.env/,
    );
    expect(said).toMatch(/\n +answer-cache .*\n +master-orchestrator .*:v0\.1\.0 +Up /);
    // Bad by its config file alone: model and time-out.
    expect(said.match(/^set {3}.*config\.toml.*/gm)).toEqual([
      'set   file config.toml llm.openrouter.model_name: "anthropic/claude-3-opus" -> "anthropic/claude-3.5-sonnet"',
      'set   file config.toml agents.default.timeout_secs: 5 -> 20',
    ]);
    expect(said).toMatch(
      /✓ roll back +orchestrator\.env replaced, config\.toml replaced, docker-compose\.yml/,
    );
    expect(said).toMatch(/\nrolled-back: 0\.2\.1 -> 0\.1\.0; health, chat, agents, metrics passed/);
    expect(said).toMatch(
      /known-good: .*0\.2\.2[\s\S]*its config: model_name = "anthropic\/claude-3\.5-sonnet"/,
    );
    expect(said.match(/was rolled back and is proved well/g)).toHaveLength(2);
    expect(said).toMatch(/\naudit it +npm run -s runbook -- audit/);
    expect(code).toBe(0);
    await nothingLeft(demo.folder);
    expect(sandboxes.flatMap(tracesOf)).toEqual([]);
  });

  test.each(
    shortened([
      // Demo, supervisor, engine and what belongs to it.
      { when: 'while the world comes up', is: async (_, processes) => (await processes()) >= 5 },
      { when: 'while a version is deployed', is: (said) => said.includes('── Deploy v0.2.0'), long: true },
      { when: 'in the middle of the rollback', is: (said) => said.includes('✓ plan'), long: true },
    ]),
  )(
    'is ended by Ctrl-C $when with 130 within seconds, and nothing is left',
    async ({ is }) => {
      const demo = await demoAt(is, '--compose');
      const sandboxes = await sandboxesIn(demo.folder);
      expect(sandboxes.flatMap(tracesOf)).not.toEqual([]);
      await interrupted(demo);
      expect(sandboxes.flatMap(tracesOf)).toEqual([]);
    },
    60_000,
  );
});

/** The folders of the demo's sandbox: what an engine leaves behind is found by them. */
async function sandboxesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

test('records are kept in the current folder where that can be written to', async () => {
  const current = await temporaryFolder();
  expect(await recordsFolder(current, {})).toEqual({ folder: join(current, 'incidents') });
  expect(await readdir(join(current, 'incidents'))).toEqual([]);
});

test('records are kept in the state folder where the current folder cannot be written to, and that is said', async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, 'file'), '');
  const { folder, instead } = await recordsFolder(join(root, 'file'), {
    XDG_STATE_HOME: join(root, 'state'),
  });
  expect(folder).toBe(join(root, 'state', 'rollback-runbook', 'incidents'));
  expect(existsSync(folder)).toBe(true);
  expect(instead).toContain(`records go to ${folder}`);
});
