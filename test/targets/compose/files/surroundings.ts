/** What the tests of this room need: project folders that are gone afterwards, real small disks, other processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ProjectFolder } from '../../../../src/targets/compose/files/project-folder.ts';

export const isRoot = process.getuid?.() === 0;
/** Whether this machine lets the tests mount a small disk. Part of the title of every test that is skipped for it. */
export const canMount = isRoot && tryMount();

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-compose-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files and opens their project; `outside` is a folder beside it with a file of the same name as one inside. */
export async function projectOf(files: Record<string, string | Buffer>) {
  const base = await temporaryFolder();
  const root = join(base, 'project');
  const outside = join(base, 'outside');
  await writeAll(root, files);
  await writeAll(outside, { 'app.yaml': 'secret: outside\n' });
  return { root, outside, project: await ProjectFolder.open(root) };
}

/** Writes files, with the folders they lie in. */
export async function writeAll(root: string, files: Record<string, string | Buffer>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
    // Whatever the umask of whoever runs the tests.
    await chmod(join(root, name), 0o644);
  }
}

/** Every file below a folder with its content. */
export async function contentsOf(root: string): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true })).sort();
  const found: Record<string, string> = {};
  for (const name of names) {
    if ((await stat(join(root, name))).isFile()) found[name] = await readFile(join(root, name), 'utf8');
  }
  return found;
}

/** Mounts a disk of its own over a folder until the test is over. */
export function mountDisk(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder]);
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
}

/** A process that runs a program of `programs/`, takes one JSON line a call and answers with one. */
export function startProgram(name: string, args: readonly string[]) {
  const file = join(import.meta.dirname, 'programs', name);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async call(command: unknown): Promise<Record<string, unknown>> {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${name} ended`);
      return JSON.parse(value);
    },
  };
}

/** How a process ended. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-compose-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
