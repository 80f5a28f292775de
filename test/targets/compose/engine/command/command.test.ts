import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandRunner } from '../../../../../src/targets/compose/engine/command/command.ts';
import { until } from '../../../../../tools/until.ts';

const { signal } = new AbortController();
const run = commandRunner({ PATH: process.env.PATH, GREETING: 'hello' });

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'runbook-command-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe('a command', () => {
  it('gives its outputs and its exit code, and has the given environment alone', async () => {
    const script = 'echo "$GREETING $HOME."; echo bad >&2; exit 3';
    expect(await run('sh', ['-c', script], { signal })).toEqual({
      code: 3,
      stdout: 'hello .',
      stderr: 'bad',
    });
  });

  it('that is not there is an error that names it', async () => {
    await expect(run('no-such-program', [], { signal })).rejects.toMatchObject({
      type: 'CommandMissing',
      message: expect.stringContaining('no-such-program'),
    });
  });

  it('that does not end in time is ended', async () => {
    await expect(run('sleep', ['60'], { signal, timeoutMs: 50 })).rejects.toMatchObject({
      type: 'Unreachable',
      message: 'sleep 60 did not end within 0.05 s',
    });
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const running = run('sleep', ['60'], { signal: stop.signal });
    stop.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
  });
});

describe('a detached command', () => {
  it('does nothing before its number is noted', async () => {
    const file = join(await folder(), 'done');
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    let told = 0;
    const running = run('touch', [file], {
      signal,
      beforeExec: (pid) => {
        told = pid;
        return opened;
      },
    });
    await until('its number to be told', async () => told > 0);
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
    open();
    expect((await running).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('never begins when its number cannot be noted', async () => {
    const file = join(await folder(), 'done');
    const beforeExec = () => Promise.reject(new Error('the lock is lost'));
    await expect(run('touch', [file], { signal, beforeExec })).rejects.toThrow('the lock is lost');
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not broken off by the signal, and what it says is read', async () => {
    const stop = new AbortController();
    const beforeExec = async () => stop.abort();
    const script = 'echo out; echo err >&2; exit 4';
    const result = await run('sh', ['-c', script], { signal: stop.signal, beforeExec });
    expect(result).toMatchObject({ code: 4, stderr: 'out\nerr\n' });
  });

  it('that is not there is an error that names it', async () => {
    const beforeExec = async () => {};
    await expect(run('no-such-program', [], { signal, beforeExec })).rejects.toMatchObject({
      type: 'CommandMissing',
    });
  });

  it('goes on to its end when the worker is killed with -9', async () => {
    const at = await folder();
    const program = join(at, 'program.ts');
    const source = join(import.meta.dirname, '../../../../../src/targets/compose/engine/command/command.ts');
    // It prints after its reader has gone: a pipe would end it there.
    const script = `echo begun > ${at}/begun; while [ ! -e ${at}/go ]; do sleep 0.02; done; echo said; echo done > ${at}/done`;
    await writeFile(
      program,
      `import { commandRunner } from ${JSON.stringify(source)};
const run = commandRunner({ PATH: process.env.PATH });
await run('sh', ['-c', ${JSON.stringify(script)}], { signal: new AbortController().signal, beforeExec: async () => {} });`,
    );
    const worker = spawn(process.execPath, [program], { stdio: 'ignore' });
    await until('the command to begin', () => readFile(join(at, 'begun')).catch(() => undefined));
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await writeFile(join(at, 'go'), '');
    expect(await until('its end', () => readFile(join(at, 'done'), 'utf8').catch(() => undefined))).toBe(
      'done\n',
    );
  });
});
