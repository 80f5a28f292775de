import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TemporalServer } from '../../../tools/temporal-server.ts';
import { until } from '../../../tools/until.ts';
import type { ComposeHost, ContainerEvent } from '../../compose/index.ts';
import { containerdOf } from '../../compose/own-engine.ts';
import { SERVICE } from '../compose-project.ts';
import type { ChaosWorld, Effects } from '../world.ts';
import { type FoundProcess, processesOf } from './processes.ts';
import { killProcess, type Victim } from './victims.ts';

interface ComposeParts {
  readonly composeHost: ComposeHost;
  readonly temporal: TemporalServer;
  readonly folder: string;
}

/** A container that runs. */
interface RunningContainer {
  readonly pid: number;
  readonly id: string;
  readonly service: string;
}

const CONTAINER = 'container';
const SHIM = 'containerd-shim-runc-v2';
/** Carries the worker's questions to the engine, and is let go when it asks none for a while. */
const CONNECTION = 'connection of the worker to the engine';
const ofService = (what: string, service: string) => `${what} of ${service}`;
const [BY_ENGINE, BY_WORKER] = ['the engine', 'the worker'];
const HEARD_WITHIN_MS = 5_000;
const USERS_ENGINE =
  'The chaos kills the Docker engine, and the one here is yours: it needs an engine of its own, which only root may start.';

/** The Compose world when everything in it is killed, the engine with its parts and the containers too. */
export function composeChaos(
  { composeHost: host, temporal, folder }: ComposeParts,
  project: string,
): ChaosWorld {
  const { engine, registry } = host;
  const cutOff: number[] = [];

  async function containers(): Promise<readonly RunningContainer[]> {
    const ids = (await host.docker('ps', '--quiet', '--no-trunc')).split('\n').filter(Boolean);
    if (ids.length === 0) return [];
    const format = '{{.State.Pid}} {{.Id}} {{index .Config.Labels "com.docker.compose.service"}}';
    const lines = (await host.docker('inspect', '--format', format, ...ids)).split('\n');
    const found = lines.map((line) => {
      const [pid, id = '', service = ''] = line.split(' ');
      return { pid: Number(pid), id, service };
    });
    // One that is about to be started again has no process; of one that has just ended the engine may not know it yet.
    return found.filter(({ pid }) => pid > 0 && existsSync(`/proc/${pid}`));
  }
  const containerOf = async (service: string) => (await containers()).find((one) => one.service === service);

  /**
   * An engine that has started another containerd does not listen to it at once, and never hears of a container that ends
   * in between. A command in a container ends only when the engine hears of it.
   */
  async function hears(): Promise<boolean> {
    const [one] = await containers();
    const ended = one && host.docker('exec', one.id, 'node', '-e', '0').then(() => true);
    return (await Promise.race([ended, sleep(HEARD_WITHIN_MS, false)])) ?? false;
  }

  /** Found anew whenever its number is asked for. */
  function broughtBack(
    name: string,
    by: string,
    find: () => Promise<number | undefined>,
    isReady: () => Promise<boolean> = async () => true,
  ): Victim {
    return {
      name,
      by,
      pid: () => until(`${name} to run`, find),
      kill: killProcess,
      back: (killed) =>
        until(`${name} to run again`, async () => {
          const pid = await find().catch(() => undefined);
          return pid !== killed && (await isReady().catch(() => false)) && pid;
        }),
    };
  }

  const connection = async () => (await processesOf(folder)).find(isConnection)?.pid;

  async function lookedAfter({ pid, command }: FoundProcess): Promise<Victim | undefined> {
    const program = basename(command[0] ?? '');
    if (isConnection({ command })) return broughtBack(CONNECTION, BY_WORKER, connection);
    if (program === 'containerd')
      return {
        ...broughtBack(program, BY_ENGINE, () => containerdOf(join(folder, 'engine')), hears),
        async kill(pid) {
          cutOff.push(Date.now());
          await killProcess(pid);
        },
      };
    const group = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    const found = (await containers()).find(({ id }) => group.includes(id) || command.includes(id));
    if (!found) return undefined;
    const { service } = found;
    // Whatever runs in a container ends with the first process of it; what is being started there is no part of its own.
    if (group.includes(found.id) || program === 'runc')
      return broughtBack(
        ofService(CONTAINER, service),
        BY_ENGINE,
        async () => (await containerOf(service))?.pid,
      );
    return broughtBack(ofService(program, service), BY_ENGINE, async () => {
      const container = await containerOf(service);
      if (!container) return undefined;
      // What clears up after a killed one has the same name and is soon over.
      const ofContainer = (await processesOf(folder)).filter(
        ({ command }) => command.includes(container.id) && !command.includes('delete'),
      );
      return ofContainer.find(({ pid }) => pid !== container.pid)?.pid;
    });
  }

  return {
    ...(engine ? {} : { problem: USERS_ENGINE }),
    good: 'v0.1.0',
    environment: host.environment,
    kept: [temporal.process, registry.process, ...(engine ? [engine] : [])],
    lookedAfter,
    steps: ['roll-back', 'wait-for-rollout', 'verify-health', 'verify-agents', 'wait-for-rollout'],
    wanted: {
      'docker-registry': 'roll-back',
      containerd: 'roll-back',
      dockerd: 'wait-for-rollout',
      // In this step the worker asks again and again.
      [CONNECTION]: 'wait-for-rollout',
      // What the service has in memory is lost. The checks after the chat look at what the chat has left there.
      [ofService(CONTAINER, SERVICE)]: 'verify-health',
      [ofService(SHIM, SERVICE)]: 'verify-health',
    },
    effects: async () => containersMade(host, basename(project), cutOff),
  };
}

function isConnection({ command }: Pick<FoundProcess, 'command'>): boolean {
  return command[1] === 'system' && command[2] === 'dial-stdio';
}

/**
 * One that an engine without its containerd could never start, or started by half, and that was made once more, has had no
 * effect.
 * @param cutOff when containerd was killed, in milliseconds since the epoch.
 */
function containersMade(host: ComposeHost, project: string, cutOff: readonly number[]): Effects {
  const events = host.follow(host.mark());
  return {
    what: `containers of ${SERVICE} that were made and ran, by the engine's events`,
    async count() {
      const ours = (await events.upToNow()).filter(
        (event) => event.project === project && event.service === SERVICE,
      );
      const those = (wanted: string) => ours.filter(({ action }) => action === wanted);
      const startOf = new Map(those('start').map(({ container, at }) => [container, at]));
      const ran = those('create').filter(({ container }) => startOf.has(container));
      const isHalf = ({ container, at }: ContainerEvent) =>
        cutOff.some((killed) => at < killed && killed < (startOf.get(container) ?? 0));
      return ran.filter((event, index) => index === ran.length - 1 || !isHalf(event)).length;
    },
    [Symbol.asyncDispose]: () => events[Symbol.asyncDispose](),
  };
}
