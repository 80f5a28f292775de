import { RunbookError } from '../../../domain/errors.ts';
import type { Docker } from '../engine/docker.ts';
import type { Container } from '../engine/objects/containers.ts';

/** What is known of a container whose healthcheck has not decided yet. */
interface WatchedHealthcheck {
  /** Changes with every run of the healthcheck by the engine, and with every start of the container. */
  readonly mark: string;
  /** When this mark was first seen, by our clock: the engine may be on a host with another one. */
  readonly since: number;
  /** Our own last run, and when it ended. */
  own?: { readonly at: number; readonly passed: boolean; readonly hung: number };
}

/** How much later than it has to the engine may run a healthcheck, in milliseconds. */
const LATE_MS = 2000;
/** Nobody ends what hangs in the container: after so many times it is not run again. */
const HUNG_RUNS = 3;

/**
 * Healthchecks that the engine has stopped running. Docker 17.11 to 20.10 does not go on with them when it was restarted
 * under running containers (`live-restore`, moby/moby#41871): such a container stays `starting` for ever, and a version
 * that is well would be taken back. They are run here instead, as the engine would.
 */
export class SilentHealthchecks {
  readonly #docker: Docker;
  readonly #clock: () => number;
  #watched = new Map<string, WatchedHealthcheck>();

  constructor(docker: Docker, clock: () => number) {
    this.#docker = docker;
    this.#clock = clock;
  }

  /** The containers, with the health that their own healthchecks tell where the engine is silent. */
  async completed(containers: readonly Container[], signal: AbortSignal): Promise<readonly Container[]> {
    const before = this.#watched;
    this.#watched = new Map();
    const completed: Container[] = [];
    for (const container of containers) completed.push(await this.#complete(container, before, signal));
    return completed.every((one, index) => one === containers[index]) ? containers : completed;
  }

  /** When a healthcheck has to be checked next, by our clock. */
  dueAt(containers: readonly Container[]): number {
    const times = containers.flatMap((container) => {
      const watched = this.#watched.get(container.id);
      return watched ? [dueAt(watched, container)] : [];
    });
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }

  /** A line for each container that is well by a healthcheck which the engine does not run. */
  warnings(containers: readonly Container[]): readonly string[] {
    return containers
      .filter(({ id }) => this.#watched.get(id)?.own?.passed)
      .map(
        ({ name }) =>
          `the healthcheck of ${name} passed, run by the runbook: the engine no longer runs it (moby/moby#41871)`,
      );
  }

  async #complete(
    container: Container,
    before: ReadonlyMap<string, WatchedHealthcheck>,
    signal: AbortSignal,
  ): Promise<Container> {
    const { id, startedAt, health, healthcheck } = container;
    if (container.status !== 'running' || health !== 'starting' || !healthcheck) return container;
    const mark = `${startedAt} ${healthcheck.lastRunAt ?? ''}`;
    const known = before.get(id);
    const now = this.#clock();
    const watched: WatchedHealthcheck = known?.mark === mark ? known : { mark, since: now };
    this.#watched.set(id, watched);
    if (now >= dueAt(watched, container)) await this.#run(watched, container, signal);
    if (!watched.own) return container;
    if (watched.own.passed) return { ...container, health: 'healthy' };
    return { ...container, health: 'unknown: the engine has stopped running its healthcheck, which fails' };
  }

  async #run(
    watched: WatchedHealthcheck,
    { id, healthcheck }: Container,
    signal: AbortSignal,
  ): Promise<void> {
    const { command = [], timeoutMs = 0 } = healthcheck ?? {};
    const hung = watched.own?.hung ?? 0;
    try {
      const passed = await this.#docker.succeedsIn(id, command, { signal, timeoutMs });
      watched.own = { at: this.#clock(), passed, hung };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RunbookError && error.type === 'Unreachable')) throw error;
      watched.own = { at: this.#clock(), passed: false, hung: hung + 1 };
    }
  }
}

function dueAt({ since, own }: WatchedHealthcheck, { healthcheck }: Container): number {
  if (!healthcheck || (own && own.hung >= HUNG_RUNS)) return Number.POSITIVE_INFINITY;
  const { intervalMs, timeoutMs } = healthcheck;
  return own ? own.at + intervalMs : since + intervalMs + timeoutMs + LATE_MS;
}
