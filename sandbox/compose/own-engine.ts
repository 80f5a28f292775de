import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { basename, join } from 'node:path';
import {
  type Kept,
  keep,
  type Managed,
  ProcessEnded,
  type Processes,
  whileRunning,
} from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { SandboxUnavailable } from '../node-agent/network.ts';

/** An engine that belongs to the sandbox. */
export interface OwnEngine {
  /** Value of `DOCKER_HOST`. */
  readonly host: string;
  /** Brought back on the same data; containers run on meanwhile. */
  readonly process: Kept;
}

/** Linux limits a socket's path to 107 characters; the engine's longest adds these to the sandbox's folder. */
const [SOCKET_PATH, OWN_PART] = [107, '/engine/exec/containerd/containerd-debug.sock.ttrpc'.length];

/**
 * Starts a Docker engine with a data folder of its own and waits until it answers. It has no bridge network and leaves
 * the host's packet filter alone: services need `network_mode: host`.
 * @throws SandboxUnavailable when it does not come up, with the end of its log.
 */
export async function startEngine(
  processes: Processes,
  dockerd: string,
  signal?: AbortSignal,
): Promise<OwnEngine> {
  const folder = join(processes.folder, 'engine');
  if (processes.folder.length + OWN_PART > SOCKET_PATH)
    throw new SandboxUnavailable(
      `The Docker engine needs a shorter path for its sockets than ${processes.folder}: set TMPDIR to a folder such as /tmp.`,
    );
  await mkdir(folder, { mode: 0o711 });
  const file = (name: string) => join(folder, name);
  await writeFile(file('daemon.json'), '{}');
  const programs = await wrapRunc(folder);
  // Every container of this engine is in one control group, by which it is found when the engine was killed.
  const cgroup = basename(processes.folder);
  await processes.atEnd(process.execPath, [join(import.meta.dirname, 'end-engine.ts'), folder, cgroup]);
  const socket = file('docker.sock');
  const args = [
    ...['--host', `unix://${socket}`, '--config-file', file('daemon.json'), '--pidfile', file('pid')],
    ...['--data-root', file('data'), '--exec-root', file('exec')],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    ...['--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', `/${cgroup}`],
    // An engine that is killed leaves its containers running. Without this the next one ends them, and those that are to
    // run unless stopped count as stopped.
    '--live-restore',
    ...['--max-download-attempts', '1', '--shutdown-timeout', '1', '--log-level', 'warn'],
  ];
  const begin = async (): Promise<Managed> => {
    await containerdIsGone(folder, signal);
    const engine = await processes.start('dockerd', dockerd, args, {
      log: file('dockerd.log'),
      // An engine that ends writes down what its containerd does, into the temporary folder.
      env: { TMPDIR: folder, PATH: `${programs}:${process.env.PATH ?? ''}` },
    });
    try {
      const up = (within: AbortSignal) =>
        until('the Docker engine', () => answers(socket), { signal: within, everyMs: 20 });
      await whileRunning([engine], up, signal);
      return engine;
    } catch (error) {
      engine.signal('SIGKILL');
      if (!(error instanceof ProcessEnded)) throw error;
      throw new SandboxUnavailable(`No Docker engine can be started here: ${error.message}`);
    }
  };
  return { host: `unix://${socket}`, process: await keep(begin) };
}

/**
 * What the engine runs instead of `runc`: the real one, and where a file says so, the end of a process right after the next
 * container was started, before anybody is told. No other way is sure to be neither too early nor too late.
 * @returns the folder that it is in.
 */
async function wrapRunc(folder: string): Promise<string> {
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const script = `#!/bin/sh
PATH=\${PATH#*:}
export PATH
order='${orderOf(folder)}'
case " $* " in
*" start "*) ;;
*) exec runc "$@" ;;
esac
[ -f "$order" ] || exec runc "$@"
runc "$@"
code=$?
kill -9 "$(cat "$order")"
rm "$order"
exit $code
`;
  await writeFile(join(programs, 'runc'), script, { mode: 0o755 });
  return programs;
}

function orderOf(folder: string): string {
  return join(folder, 'kill-after-start');
}

/**
 * Has a process killed when the next container of the engine runs, and nobody has been told of it yet.
 * @param folder of the engine.
 */
export async function killAfterNextStart(pid: number, folder: string): Promise<void> {
  await writeFile(orderOf(folder), String(pid));
  await until('a container to be started', async () => !existsSync(orderOf(folder)), { everyMs: 5 });
}

/**
 * Process number of the engine's containerd, which the engine starts and notes.
 * @param folder of the engine.
 */
export async function containerdOf(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'exec/containerd/containerd.pid'), 'utf8').catch(() => '');
  return Number(text) || undefined;
}

/**
 * A killed engine takes its containerd along. A new engine that still finds its number, even of one that is dead and not
 * waited for, takes it for one to use and gives up after 15 s.
 */
async function containerdIsGone(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const isGone = async () => {
    const pid = await containerdOf(folder);
    return !pid || !existsSync(`/proc/${pid}`);
  };
  await until('the containerd of the killed engine to end', isGone, { signal, everyMs: 10 });
}

/** Whether an engine listens there and is ready. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
