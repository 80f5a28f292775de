import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Start times count from boot on Linux, and what notes them may outlive a boot. */
const boot =
  process.platform === 'linux' ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '';

/** When a process was started, in a form that differs from every other of the same number; nothing when it is gone. */
export function processStartOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? undefined : `${boot} ${rest[18]}`;
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
