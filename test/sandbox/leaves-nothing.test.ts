import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openProcesses } from '../../tools/processes/index.ts';
import { FOLDER_PREFIX, reapLeftovers } from '../../tools/processes/registry.ts';
import { until } from '../../tools/until.ts';
import { endPrograms, isRunning, nothingLeft, startProgram } from './programs/running.ts';

afterEach(endPrograms);

test('kill -9 of a parent with everything open leaves no process and no folder', async () => {
  const { child, told } = await startProgram('open-sandbox.ts');
  // Supervisor, etcd, API server, controllers, Temporal and one pod.
  expect(told.pids).toHaveLength(6);
  expect(told.pids.every(isRunning)).toBe(true);
  child.kill('SIGKILL');
  await nothingLeft(told);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s of the parent leaves nothing', async (signal) => {
  const { child, told } = await startProgram('own-a-process.ts');
  child.kill(signal);
  await nothingLeft({ folder: told.folder, pids: [...told.pids, told.supervisor] });
});

test('kill -9 of parent and supervisor together: the next start ends what they left', async () => {
  // A place of its own: any other sandbox that starts meanwhile would be the next.
  const place = await mkdtemp(join(tmpdir(), 'leaves-nothing-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  vi.stubEnv('TMPDIR', place);
  const { child, told } = await startProgram('own-a-process.ts');
  process.kill(told.supervisor, 'SIGSTOP');
  child.kill('SIGKILL');
  await once(child, 'exit');
  process.kill(told.supervisor, 'SIGKILL');
  await until('the supervisor to be gone', async () => !isRunning(told.supervisor));
  expect(told.pids.every(isRunning)).toBe(true);
  const next = await openProcesses();
  await nothingLeft(told);
  await next.close();
});

test('kill -9 of the supervisor alone: the parent goes on and ends what the supervisor owned', async () => {
  const { child, told } = await startProgram('own-a-process.ts');
  process.kill(told.supervisor, 'SIGKILL');
  await nothingLeft(told);
  expect(child.exitCode).toBeNull();
});

test('close ends what was started, also a process that ignores SIGTERM, and may be called twice', async () => {
  const processes = await openProcesses();
  const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
  const { pid, exited } = await processes.start('stubborn', process.execPath, ['-e', stubborn]);
  expect(isRunning(pid)).toBe(true);
  await processes.close();
  await nothingLeft({ folder: processes.folder, pids: [pid] });
  await processes.close();
  await exited;
});

test.each([
  ['its folder goes when that succeeds', 0, false],
  ['its folder stays for the next start when that fails', 2, true],
])('a command runs at the end, after the processes were killed; %s', async (_, failures, stays) => {
  const place = await mkdtemp(join(tmpdir(), 'leaves-nothing-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  vi.stubEnv('TMPDIR', place);
  const processes = await openProcesses();
  const { pid } = await processes.start('idle', process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const witness = join(place, 'witness');
  // Asked by the supervisor, by its parent once more, and at the next start.
  const script = `if kill -0 ${pid}; then echo running; fi >> ${witness}; echo here >> ${witness}
    test $(grep -c here ${witness}) -gt ${failures}`;
  await processes.atEnd('/bin/sh', ['-c', script]);
  await processes.close();
  expect(await readFile(witness, 'utf8')).toContain('here');
  expect(await readFile(witness, 'utf8')).not.toContain('running');
  expect(existsSync(processes.folder)).toBe(stays);
  await (await openProcesses()).close();
  expect(existsSync(processes.folder)).toBe(false);
});

test('nothing can be started once it is closed', async () => {
  const processes = await openProcesses();
  await processes.close();
  await expect(processes.start('late', process.execPath, ['-e', '0'])).rejects.toThrow('closed');
  await expect(processes.atEnd(process.execPath, ['-e', '0'])).rejects.toThrow('closed');
});

test('a program that does not exist is reported as an exit with a reason', async () => {
  const processes = await openProcesses();
  const { exited } = await processes.start('nothing', '/does/not/exist', []);
  expect(await exited).toMatchObject({ code: 127, message: expect.stringContaining('ENOENT') });
  await processes.close();
});

test('a sandbox that is still open is left alone by the next start', async () => {
  const first = await openProcesses();
  const { pid } = await first.start('idle', process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const second = await openProcesses();
  expect(isRunning(pid)).toBe(true);
  await Promise.all([first.close(), second.close()]);
});

test('a number that belongs to another process by now is not touched, only the folder goes', async () => {
  const base = await mkdtemp(join(tmpdir(), 'leaves-nothing-'));
  const folder = join(base, `${FOLDER_PREFIX}old`);
  await mkdir(folder);
  const stranger = { pid: process.pid, startedAt: 'another-boot 1' };
  await writeFile(
    join(folder, 'processes.json'),
    JSON.stringify({ supervisor: stranger, children: [stranger] }),
  );
  expect(reapLeftovers(base)).toBe(0);
  expect(existsSync(folder)).toBe(false);
  await rm(base, { recursive: true });
});
