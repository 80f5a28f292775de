/** A moment of a container's start at which containerd is killed. */
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

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
