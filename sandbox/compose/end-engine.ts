import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

// Run at the end of a sandbox with an engine of its own. The engine was killed, and what it started lives on: the shims
// of its containers, the containers, and mounts in its folder. All of it is ended here. May be run again.
const [folder = '', cgroup = ''] = process.argv.slice(2);
const GONE_WITHIN_MS = 10_000;
const CGROUPS = '/sys/fs/cgroup';
const PROGRAMS = /^(dockerd|containerd|containerd-shim.*|runc|docker-init|docker-proxy)$/;
if (!folder.startsWith('/') || !/^rollback-runbook-\w+$/.test(cgroup)) process.exit(2);

const sockets = shimSockets();
const deadline = Date.now() + GONE_WITHIN_MS;
for (let alive = left(); alive.length > 0 && Date.now() < deadline; alive = left()) {
  for (const pid of alive) kill(pid);
  pause(20);
}
for (const socket of sockets) rmSync(socket, { force: true });
for (const mount of mounts()) if (!umount(mount)) umount('-l', mount);
// Deepest first: a group that has groups in it cannot be removed.
for (const group of cgroups().reverse()) attempt(() => rmdirSync(group), undefined);
process.exit(left().length + mounts().length > 0 ? 1 : 0);

function left(): number[] {
  return [...enginePrograms(), ...cgroups().flatMap(members)];
}

/** The engine's own programs tell the folder in their arguments. */
function enginePrograms(): number[] {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.map(Number).filter((pid) => {
    const [program = '', ...args] = read(`/proc/${pid}/cmdline`).split('\0');
    return PROGRAMS.test(basename(program)) && args.some((arg) => arg.includes(`${folder}/`));
  });
}

/** The engine's control groups: one hierarchy, or one for each controller, each with a group for every container. */
function cgroups(): string[] {
  const hierarchies = [CGROUPS, ...list(CGROUPS).map((name) => join(CGROUPS, name))];
  const within = (group: string): string[] => [
    group,
    ...folders(group).flatMap((name) => within(join(group, name))),
  ];
  return hierarchies.filter((at) => folders(at).includes(cgroup)).flatMap((at) => within(join(at, cgroup)));
}

function members(group: string): number[] {
  return read(join(group, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

/** Mount points below the folder, deepest first. */
function mounts(): string[] {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, octal));
  return points.filter((point) => point.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length);
}

/** Shims listen outside of the engine's folder, and note where. */
function shimSockets(): string[] {
  const tasks = join(folder, 'exec/containerd/daemon/io.containerd.runtime.v2.task/moby');
  return folders(tasks).flatMap((task) => {
    const address = read(join(tasks, task, 'address')).trim();
    return address.startsWith('unix:///run/containerd/s/') ? [address.slice('unix://'.length)] : [];
  });
}

function octal(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 8));
}

function umount(...args: string[]): boolean {
  return spawnSync('umount', args, { stdio: 'ignore' }).status === 0;
}

function kill(pid: number): void {
  attempt(() => process.kill(pid, 'SIGKILL'), undefined);
}

function list(at: string): string[] {
  return attempt(() => readdirSync(at), []);
}

function folders(at: string): string[] {
  return attempt(
    () =>
      readdirSync(at, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name),
    [],
  );
}

function read(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

/** Processes and groups vanish while they are looked at. */
function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
