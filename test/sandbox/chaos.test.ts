import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { until } from '../../tools/until.ts';
import { EVERYTHING } from '../faults/rows.ts';
import { temporaryFolder } from '../tools/surroundings.ts';

const PROGRAM = join(import.meta.dirname, '../../sandbox/demo/main.ts');
const LIMIT_MS = 240_000;
/** The demo itself and the supervisor, which brings the others back. */
const OBSERVERS = /^(main|supervisor)\.ts$/;
/** A rollback, a killed engine or a silence replaces these: the ones that are killed later have other numbers. */
const REPLACED = /^(orchestrator|containerd|containerd-shim.*|docker)$/;

interface Running {
  readonly pid: number;
  /** `etcd`, or for a script `worker.ts`. */
  readonly program: string;
}

/** Processes that were started with this temporary folder, found by their environment. */
async function processesOf(folder: string): Promise<Running[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Running[]> => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [environment, command] = await Promise.all([read('environ'), read('cmdline')]);
      // The engine has a folder of its own in it.
      if (!environment.split('\0').some((one) => `${one}/`.startsWith(`TMPDIR=${folder}/`))) return [];
      const [program = '', script = ''] = command.split('\0');
      const isPod = /\/orchestrator[^/]*\.mjs$/.test(script);
      const name = isPod ? 'orchestrator' : basename(script.endsWith('.ts') ? script : program);
      return [{ pid: Number(pid), program: name }];
    }),
  );
  return found.flat();
}

interface Chaos {
  readonly code: number;
  readonly said: string;
  /** What ran when the first process was about to be killed, without who watches. */
  readonly ran: readonly Running[];
}

async function chaosRun(...args: string[]): Promise<Chaos> {
  const root = await temporaryFolder();
  const folder = join(root, 'tmp');
  await mkdir(folder);
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, '--chaos', ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (part) => {
      said += part;
    });
  }
  const ended = once(child, 'exit');
  // The list of what is to be killed is being made: nothing was killed yet, and nothing is being deployed.
  const isSaid = (text: string) => async () => {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}:\n${said}`);
    return said.includes(text);
  };
  await until('the list', isSaid('── What there is to kill'), { everyMs: 5, withinMs: LIMIT_MS });
  const atFirst = await processesOf(folder);
  // Commands that pass, such as the ones that run a healthcheck, are over when it has been made.
  await until('the list to be made', isSaid(': brought back by '), { everyMs: 5, withinMs: LIMIT_MS });
  const lasting = new Set((await processesOf(folder)).map(({ pid }) => pid));
  const ran = atFirst.filter(({ pid, program }) => lasting.has(pid) && !OBSERVERS.test(program));
  const [code] = await ended;
  await until('nothing to be left', async () => (await processesOf(folder)).length === 0);
  expect(await readdir(folder)).toEqual([]);
  return { code, said, ran };
}

/** Every process that ran was killed, and every rollback ended as if nothing had been. */
function expectAllKilledAndNothingLost({ code, said, ran }: Chaos): void {
  const killed = [...said.matchAll(/kill -9 (.+) \(pid (\d+)\) while ([\w-]+) is under way/g)];
  const pids = killed.map(([, , pid]) => Number(pid));
  const once = ran.filter(({ program }) => !REPLACED.test(program));
  expect(
    once.filter(({ pid }) => !pids.includes(pid)),
    said,
  ).toEqual([]);
  const back = [...said.matchAll(/^ {3}(.+) is back \(pid \d+\)/gm)].map(([, name]) => name);
  expect(back, said).toEqual(killed.map(([, name]) => name));
  const rounds = said.match(/^── Rollback \d+ of \d+/gm)?.length ?? 0;
  expect(rounds).toBeGreaterThan(0);
  expect(said.match(/^rolled-back: 0\.2\.0 -> 0\.1\.0/gm), said).toHaveLength(rounds);
  const ones = Array(rounds).fill('1').join(', ');
  expect(said).toMatch(
    new RegExp(`✓ .*, in each rollback: ${ones}\n.*✓ messages that the channel got.*: ${ones}\n`),
  );
  expect(said).toContain(`✓ killed with -9 in the middle of a run: ${killed.length} processes`);
  expect(code).toBe(0);
}

test(
  'on Kubernetes rollbacks end well although every process is killed in the middle of one',
  async () => {
    const run = await chaosRun();
    expectAllKilledAndNothingLost(run);
    const programs = run.ran.map(({ program }) => program);
    for (const program of ['temporal', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'worker.ts'])
      expect(programs).toContain(program);
    expect(run.said).toMatch(/kill -9 pod of master-orchestrator/);
    expect(run.said).toMatch(/✓ writes of the Deployment that the API server took, by its audit log/);
  },
  LIMIT_MS,
);

const problem = await composeHostProblem();

/** Of the long form alone: nine kinds of processes are killed, in two rollbacks. */
const described = EVERYTHING ? describe.skipIf(problem) : () => undefined;

described(`on Docker Compose${problem ? ` (${problem})` : ''}`, () => {
  test(
    'rollbacks end well although every process is killed in the middle of one',
    async () => {
      const run = await chaosRun('--compose');
      expectAllKilledAndNothingLost(run);
      const programs = run.ran.map(({ program }) => program);
      for (const program of ['temporal', 'dockerd', 'containerd', 'docker-registry', 'worker.ts'])
        expect(programs).toContain(program);
      const engines = ['container of master-orchestrator', 'containerd-shim-runc-v2 of master-orchestrator'];
      const connection = 'connection of the worker to the engine';
      for (const name of ['containerd', connection, ...engines])
        expect(run.said).toContain(`kill -9 ${name} (pid `);
      expect(run.said).toMatch(
        /✓ containers of master-orchestrator that were made and ran, by the engine's events/,
      );
    },
    LIMIT_MS,
  );
});
