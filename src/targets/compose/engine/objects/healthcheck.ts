import { hasLostContainerd } from '../command/engine-faults.ts';

/** The healthcheck of a container, as far as it is needed to run it. */
export interface Healthcheck {
  /** Program and arguments, run in the container. */
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** When the engine's last run of it ended, in the engine's own words; none before the first. */
  readonly lastRunAt?: string;
}

type Raw = Readonly<Record<string, unknown>>;

/** What the engine takes where the container says nothing, in milliseconds. */
const DEFAULT_MS = 30_000;
const DEFAULT_RETRIES = 3;
/** Exit code of a run that the engine notes when there was none. */
const NOT_RUN = -1;
const SHELL = ['/bin/sh', '-c'];

/**
 * Reads the healthcheck out of the answer of `docker inspect`.
 * @param config of the container.
 * @param health `State.Health` of the container.
 */
export function healthcheckOf(config: Raw, health: Raw): Healthcheck | undefined {
  const check = (config.Healthcheck ?? {}) as Raw;
  const [kind, ...words] = textsOf(check.Test);
  const shell = textsOf(config.Shell);
  const command =
    kind === 'CMD' ? words : kind === 'CMD-SHELL' ? [...(shell.length > 0 ? shell : SHELL), ...words] : [];
  if (command.length === 0) return undefined;
  const lastRunAt = runsOf(health).at(-1)?.End;
  return {
    command,
    intervalMs: millisecondsOf(check.Interval),
    timeoutMs: millisecondsOf(check.Timeout),
    ...(typeof lastRunAt === 'string' ? { lastRunAt } : {}),
  };
}

/**
 * `starting`, `healthy`, `unhealthy`; nothing without a healthcheck. An engine without its containerd cannot run a
 * healthcheck, and counts that as one that failed: a container that is unhealthy by such runs is one of which nothing is
 * known.
 * @param config of the container.
 * @param health `State.Health` of the container: its status and the last five runs.
 */
export function healthOf(config: Raw, health: Raw): string | undefined {
  const { Status: status } = health;
  if (typeof status !== 'string' || status === '' || status === 'none') return undefined;
  if (status !== 'unhealthy') return status;
  const { Retries: retries } = (config.Healthcheck ?? {}) as Raw;
  const counted = typeof retries === 'number' && retries > 0 ? retries : DEFAULT_RETRIES;
  const isNotRun = ({ ExitCode: code, Output: output }: Raw) =>
    code === NOT_RUN && typeof output === 'string' && hasLostContainerd(output);
  return runsOf(health).slice(-counted).some(isNotRun)
    ? 'unknown: the engine could not run its healthcheck'
    : status;
}

function runsOf({ Log: log }: Raw): readonly Raw[] {
  return Array.isArray(log) ? (log as Raw[]) : [];
}

/** The engine counts in nanoseconds; 0 is its default. */
function millisecondsOf(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value / 1e6 : DEFAULT_MS;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
