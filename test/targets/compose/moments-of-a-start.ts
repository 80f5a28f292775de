/** Moments of a container's start at which containerd is killed. */
import { existsSync, type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { until } from '../../../tools/until.ts';

/** Where the shims of an engine keep what they know of their containers, a folder each. */
function tasksOf(engineFolder: string): string {
  return join(engineFolder, 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
}

/** Resolves when another container than the one that is known has a shim that listens, and does not run yet. */
export function startOfAnotherThan(known: string, engineFolder: string): Promise<void> {
  const tasks = tasksOf(engineFolder);
  const watchers: FSWatcher[] = [];
  onTestFinished(() => {
    for (const watcher of watchers) watcher.close();
  });
  return new Promise((resolve) => {
    const see = (_: string, task: string | null) => {
      // The old one's is renamed before it is removed.
      if (!task || task.includes(known) || watchers.length > 1 || !existsSync(join(tasks, task))) return;
      // Written by the shim before it is asked to make the container.
      watchers.push(watch(join(tasks, task), (_, file) => file === 'address' && resolve()));
      if (existsSync(join(tasks, task, 'address'))) resolve();
    };
    watchers.push(watch(tasks, see));
  });
}

/**
 * Kills containerd when the next container's process runs its program, and the engine does not know it yet: containerd
 * is let go on a millisecond at a time, and the shim does what it was asked to meanwhile.
 */
export async function killAfterNextStart(containerd: number, engineFolder: string): Promise<void> {
  const tasks = tasksOf(engineFolder);
  const all = () => (existsSync(tasks) ? readdirSync(tasks) : []);
  // One that was just stopped may have its folder still, and is started again under the same name.
  const known = new Set(['', ...all().map((task) => identityOf(join(tasks, task)))]);
  const fresh = () => all().filter((task) => !known.has(identityOf(join(tasks, task))));
  const init = () =>
    fresh()
      .map((task) => readText(join(tasks, task, 'init.pid')))
      .find(Boolean);
  await until('a container to be begun', async () => fresh().length > 0, { everyMs: 1 });
  const runs = async () => {
    const pid = init();
    const program = pid ? readText(`/proc/${pid}/cmdline`) : '';
    return program !== '' && !program.includes('runc');
  };
  for (;;) {
    process.kill(containerd, 'SIGSTOP');
    const withinMs = init() ? 100 : 10;
    const isRunning = await until('the program', runs, { withinMs, everyMs: 5 }).catch(() => false);
    if (isRunning) {
      process.kill(containerd, 'SIGKILL');
      return;
    }
    process.kill(containerd, 'SIGCONT');
    await pause(1);
  }
}

/** Of a folder, whatever it is renamed to; another for the next one of its name. Empty when there is none (any more). */
function identityOf(folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats ? `${stats.ino} ${stats.birthtimeMs}` : '';
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
