import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Exit, Processes } from '../../tools/processes/index.ts';
import { authFromEnvironment } from '../orchestrator/auth.ts';
import { bundled } from '../orchestrator/bundle.ts';
import { controlThrough, type OrchestratorControl } from '../orchestrator/control.ts';
import { parseBehaviour, startOrchestrator } from '../orchestrator/index.ts';

/** The one container of a pod while it runs. */
export interface RunningContainer extends OrchestratorControl {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** SIGTERM, and SIGKILL when that is not obeyed within the grace period. */
  stop(graceMs: number): Promise<void>;
}

/** What a container is started with. */
export interface ContainerSpec {
  readonly name: string;
  /** A behaviour's name, or a JSON object of differences. */
  readonly behaviour: string;
  readonly instance: number;
  readonly address: string;
  readonly apiPort: number;
  readonly metricsPort: number;
  readonly env: Readonly<Record<string, string>>;
  /** What volumes put into its file system, by path. */
  readonly files: Readonly<Record<string, string>>;
}

export type ContainerRuntime = (spec: ContainerSpec) => Promise<RunningContainer>;

/** Every container is a process of its own: one that is killed is really gone. */
export function processRuntime(processes: Processes): ContainerRuntime {
  let program: Promise<string> | undefined;
  let count = 0;
  return async ({ name, behaviour, instance, address, apiPort, metricsPort, env, files }) => {
    count += 1;
    // A short name: systems limit the path of a socket to about 100 characters.
    const socket = join(processes.folder, `pod-${count}.sock`);
    const root = join(processes.folder, `pod-${count}`);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    program ??= bundled('orchestrator');
    const container = await processes.start(name, process.execPath, [await program], {
      env: {
        ...env,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ORCH_BEHAVIOUR: behaviour,
        ORCH_INSTANCE: String(instance),
        ORCH_ROOT: root,
        ORCH_HOST: address,
        ORCH_API_PORT: String(apiPort),
        ORCH_METRICS_PORT: String(metricsPort),
        ORCH_CONTROL: socket,
      },
      log: join(processes.folder, `${name}.log`),
    });
    return {
      ...controlThrough(socket),
      pid: container.pid,
      exited: container.exited,
      async stop(graceMs) {
        container.signal('SIGTERM');
        const killer = setTimeout(() => container.signal('SIGKILL'), graceMs);
        await container.exited;
        clearTimeout(killer);
      },
    };
  };
}

/** Containers as servers in this process: for measurements in which pods must be there at once. */
export const inProcessRuntime: ContainerRuntime = async (spec) => {
  let end: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  const server = await startOrchestrator({
    behaviour: parseBehaviour(spec.behaviour),
    instance: spec.instance,
    host: spec.address,
    apiPort: spec.apiPort,
    metricsPort: spec.metricsPort,
    auth: authFromEnvironment(spec.env),
    onExit: (code) => end({ code, signal: null }),
  });
  return {
    pid: process.pid,
    exited,
    set: server.set,
    requests: async () => server.requests(),
    async stop() {
      await server.close();
      end({ code: 0, signal: null });
    },
  };
};
