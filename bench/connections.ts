import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Open TCP connections of a process to a port of this machine (Linux; undefined elsewhere). */
export function connectionsTo(pid: number, port: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const socket = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (socket) inodes.add(socket);
    } catch {
      // Closed since it was listed.
    }
  }
  const remote = port.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , address, state, , , , , , inode]) =>
        address?.endsWith(`:${remote}`) && state === '01' && inodes.has(inode ?? ''),
    ).length;
}
