import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import { foundBy, planOf, said, settingsOf } from './surroundings.ts';

const plan = planOf('registry.example/phoenix-orch:0.1.0', `sha256:${'a'.repeat(64)}`);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
/** A program of these lines, for /bin/sh. */
async function script(lines: string, { mode = 0o755, head = '#!/bin/sh' } = {}): Promise<string> {
  count += 1;
  const path = join(folder, `gate-${count}`);
  await writeFile(path, `${head}\n${lines}\n`);
  await chmod(path, mode);
  return path;
}

const answerTo = (written: object, change = {}) =>
  said('command', { timeout: '10s', ...written }, plan, change);

const pidFile = () => join(folder, `pids-${++count}`);

/** Writes its own process down, and has children that do so and stay. */
const writing = (file: string) =>
  `echo $$ >> ${file}\nchild() { sh -c 'trap "" TERM; echo $$ >> ${file}; while :; do sleep 600; done'; }`;

/** Whether a process is there and no zombie. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}

async function pidsIn(file: string, wanted: number): Promise<readonly number[]> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const pids = text.split('\n').filter(Boolean).map(Number);
    if (pids.length >= wanted) return pids;
    await pause(5);
  }
}

async function allEnded(pids: readonly number[]): Promise<void> {
  while ((await Promise.all(pids.map(isRunning))).some(Boolean)) await pause(5);
}

describe('a program that is the schema gate', () => {
  it.each<[string, string, RegExp]>([
    ['says yes', 'exit 0', /^met: gate-\d+ says that it may go back$/],
    ['says yes with many words', 'seq 1 100000; exit 0', /^met: /],
    ['says no', 'exit 1', /^not-met: gate-\d+ says that it may not go back$/],
    [
      'says why not, with its last lines',
      'seq 1 9; echo; echo "migration 42 is ahead" >&2; exit 1',
      /^not-met: .*may not go back: 8; 9; migration 42 is ahead$/,
    ],
    [
      'has no answer',
      'echo "no database"; exit 2',
      /^unknown: gate-\d+ ended with exit code 2: no database$/,
    ],
    ['ends with 127', 'nonexistent-program', /^unknown: .*exit code 127/],
    ['crashes', 'kill -SEGV $$', /^unknown: gate-\d+ was ended by SIGSEGV/],
    [
      'prints a secret',
      'echo "password: hunter2hunter2"; echo "Bearer abcdefgh12345678" ; exit 1',
      /^not-met: (?!.*hunter2)(?!.*abcdefgh1234)/,
    ],
    [
      'prints what moves a terminal',
      'printf "a\\033[2Jb\\n\\342\\200\\256c"; exit 1',
      /^not-met: .*: a \[2Jb; c$/,
    ],
    ['waits for input', 'cat; echo over; exit 1', /^not-met: .*: over$/],
  ])('%s', async (_, lines, says) => {
    expect(await answerTo({ run: [await script(lines)] })).toMatch(says);
  });

  it.each<[string, () => Promise<string>, RegExp, RegExp]>([
    [
      'is not there',
      async () => join(folder, 'none'),
      /^none cannot be run on the worker's host \(ENOENT\)/,
      /^install/,
    ],
    ['may not be executed', () => script('exit 0', { mode: 0o644 }), /\(EACCES\)/, /executable/],
    [
      'is for nobody that can run it',
      () => script('exit 0', { head: '#!/no/such/shell' }),
      /\(ENOENT\)/,
      /first line/,
    ],
    ['is a folder', async () => folder, /\(EACCES\)/, /executable/],
  ])('%s', async (_, path, says, remedy) => {
    const found = await foundBy({ command: settingsOf('command', { run: [await path()] }) }, plan);
    expect(found).toMatchObject([
      { state: 'unknown', says: expect.stringMatching(says), remedy: expect.stringMatching(remedy) },
    ]);
  });

  // Each writes down the processes that it has begun; after its time-out none of them is left, however far it came.
  it.concurrent.for<[string, string, RegExp]>([
    ['hangs', 'echo begun; sleep 600', /^unknown: gate-\d+ did not end within 1 s(: begun)?$/],
    [
      'does not heed SIGTERM',
      'trap "" TERM; while :; do sleep 600; done',
      /^unknown: .*did not end within 1 s$/,
    ],
    [
      'ends well after the time-out',
      'trap "exit 0" TERM; sleep 600 & wait',
      /^unknown: .*did not end within 1 s$/,
    ],
    ['has children that do not heed it', 'child & child & wait', /^unknown: .*did not end within 1 s$/],
  ])('%s: it is ended with all that it began', async ([, lines, says], { expect }) => {
    const file = pidFile();
    const run = [await script(`${writing(file)}\n${lines}`)];
    expect(await answerTo({ run, timeout: '1s' })).toMatch(says);
    await allEnded(await pidsIn(file, 0));
  });

  it('takes its children with it at its own end, which counts, though they hold its output open', async () => {
    const file = pidFile();
    const begun = `while [ "$(wc -l < ${file})" -lt 3 ]; do sleep 0.02; done`;
    const run = [await script(`${writing(file)}\nchild & child &\n${begun}\nexit 1`)];
    expect(await answerTo({ run, timeout: '1m' })).toMatch(/^not-met: /);
    await allEnded(await pidsIn(file, 3));
  });

  it('floods its output: it is ended', async () => {
    const file = pidFile();
    const says = await answerTo({ run: [await script(`${writing(file)}\nexec yes`)], timeout: '1m' });
    expect(says).toMatch(/^unknown: gate-\d+ printed more than may be read, and was ended$/);
    await allEnded(await pidsIn(file, 1));
  });

  it('is ended at once when the run is cancelled', async () => {
    const file = pidFile();
    const run = [await script(`${writing(file)}\ntrap "" TERM\nwhile :; do sleep 600; done`)];
    const controller = new AbortController();
    const asked = foundBy({ command: settingsOf('command', { run }) }, plan, {}, controller.signal);
    const pids = await pidsIn(file, 1);
    controller.abort(new Error('cancelled'));
    await expect(asked).rejects.toThrow('cancelled');
    await allEnded(pids);
  });

  it('is told what is planned, each as one argument, and of the environment what is listed alone', async () => {
    const run = [
      await script(
        'for one in "$@"; do echo "[$one]"; done | tail -n 7 | tr "\\n" " "; env | sort | tr "\\n" " "; exit 1',
      ),
      '{{from}}',
      '{{to}}',
      '{{toImage}}',
      '{{service}}',
      '{{environment}}',
      '$(id) `id` ; id',
    ];
    const env = { TO: '{{to}}', PLAIN: 'a b', PGPASSWORD: { env: 'GATE_DB' } };
    const says = await answerTo({ run, env }, { resolve: async () => 'correct-horse-7' });
    expect(says).toContain(
      `[0.2.0] [0.1.0] [registry.example/phoenix-orch:0.1.0@sha256:${'a'.repeat(64)}] [orchestrator] [production] [$(id) \`id\` ; id]`,
    );
    expect(says).toContain('PLAIN=a b');
    expect(says).toContain('TO=0.1.0');
    expect(says).not.toMatch(/correct-horse|HOME=|NODE_/);
  });

  it('is not repeated with a line of a secret of several', async () => {
    const run = [await script('echo "$KEY" | tail -n 1; exit 1')];
    const env = { KEY: { env: 'GATE_KEY' } };
    const says = await answerTo({ run, env }, { resolve: async () => 'first-line-88\r\nlast-line-99' });
    expect(says).toMatch(/^not-met: .*go back: •••$/);
  });

  it('is not repeated with the end of a line that is too long to be kept whole', async () => {
    const run = [await script(`head -c 20000 /dev/zero | tr '\\0' x; printf 'KEY'; exit 1`)];
    expect(await answerTo({ run })).toMatch(/^not-met: gate-\d+ says that it may not go back$/);
  });

  it('gets no name of a version that it could take for an option', async () => {
    const side = { version: '--drop-everything', image: '', revision: 1, fingerprint: 'x' };
    const odd = { ...plan, to: side };
    const settings = { command: settingsOf('command', { run: [await script('exit 0'), '{{to}}'] }) };
    expect(await foundBy(settings, odd)).toMatchObject([
      {
        state: 'unknown',
        says: expect.stringContaining('{{to}} has no value that a program may be given'),
      },
    ]);
  });

  it('is not run without a secret that it needs', async () => {
    const file = join(folder, 'never');
    const env = { PGPASSWORD: { env: 'GATE_DB' } };
    const resolve = () =>
      Promise.reject(new RunbookError('SecretUnavailable', 'the environment variable GATE_DB is not set'));
    expect(await answerTo({ run: [await script(`touch ${file}; exit 0`)], env }, { resolve })).toBe(
      'unknown: the environment variable GATE_DB is not set',
    );
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});
