import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What a killed engine may leave behind outside of its folder: processes, mounts, control groups. */
export function tracesOf(folder: string): string[] {
  const commands = globSync('/proc/[0-9]*/cmdline').filter((file) => read(file).includes(`${folder}/`));
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line.includes(`${folder}/`));
  const groups = globSync([`/sys/fs/cgroup/${basename(folder)}`, `/sys/fs/cgroup/*/${basename(folder)}`]);
  return [...commands, ...mounts, ...groups];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
