import { readdir, readFile } from 'node:fs/promises';
import { until } from '../until.ts';

/**
 * Stops a process (SIGSTOP), and returns when it stands still: the signal is obeyed thread by thread, and on a busy machine
 * the last one may run on for a while. Where the system has no `/proc` the signal alone has to do.
 */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until(`process ${pid} to stand still`, () => isStill(pid), { everyMs: 5 });
}

/** Lets a frozen process go on (SIGCONT). */
export function thaw(pid: number): void {
  process.kill(pid, 'SIGCONT');
}

async function isStill(pid: number): Promise<boolean> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder).catch(() => []);
  const states = await Promise.all(
    threads.map((thread) => readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => '')),
  );
  // proc(5): the state follows the name in brackets, which may hold anything. A thread that has ended has no file.
  return states.every((stat) => stat === '' || /^[TtZX]/.test(stat.slice(stat.lastIndexOf(')') + 2)));
}
