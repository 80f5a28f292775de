import { setTimeout as pause } from 'node:timers/promises';
import { RunbookError } from '../../../domain/errors.ts';
import { oneLine } from '../../../domain/redact.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { RolloutProgress } from '../../target.ts';
import { type EventStream, listen } from '../engine/api/events.ts';
import type { Docker } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import { type Expected, type Judgement, judgeStart } from './judge.ts';
import { SilentHealthchecks } from './silent-healthchecks.ts';

/** What a wait works with. */
export interface StartWaitParts {
  readonly docker: Docker;
  /** Environment of the docker command, for the stream of events. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly name: ServiceName;
  readonly limits: ComposeProfile['rollout'];
  readonly clock: () => number;
  /** When the containers were first inspected, by that clock: what has happened since is heard of. */
  readonly since: number;
  /** Where the containers are ours to start again. */
  readonly startAgain?: StartAgain;
}

/** The start of a rollback, once more. */
export interface StartAgain {
  /** True when an earlier attempt has begun it and did not come to its end. */
  readonly begun: boolean;
  /** @throws StartFailed when the engine refuses it; passing errors as they are: the next attempt begins with it. */
  run(signal: AbortSignal): Promise<void>;
}

/** Events may be lost with their connection: the containers are probed this often all the same, in milliseconds. */
const PROBE_MS = 5000;
/** How long a container that has ended may take to be started again by hand, in milliseconds. */
const CONFIRM_MS = 700;
const LOG_LINES = 20;
const UNFINISHED = { kind: 'not-tried', message: 'the start is begun once more' } as const;
/** Longest piece of a container's log that an error repeats, in characters. */
const LOG_SHOWN = 1500;

/** The containers when all of them had run well for long enough. */
export interface Started {
  /** As they were inspected last; the very ones that were found when nothing had to be waited for. */
  readonly containers: readonly Container[];
  readonly at: string;
  /** What went wrong beside the start, a line each. */
  readonly warnings: readonly string[];
}

/** The start failed for good: the containers of this version end, or never become healthy. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

/**
 * Waits until every container of the service has run, and been healthy where it has a healthcheck, for the configured
 * time without a break. Woken by the engine's events. A container that the engine has failed to start, or has only half
 * started, is started again.
 * @param found the containers as they were just inspected. @param version name of it, for messages.
 * @throws StartFailed with the last lines of the container's log; `WorkloadChanged`, `RolloutTimedOut`.
 */
export async function waitForStart(
  parts: StartWaitParts,
  expected: Expected,
  found: readonly Container[],
  version: string,
  signal: AbortSignal,
  report: (progress: RolloutProgress) => void,
  resume?: RolloutProgress,
): Promise<Started> {
  const { docker, name, limits, clock, since, startAgain } = parts;
  const waitingSince = resume?.waitingSince ?? new Date(clock()).toISOString();
  const deadline = Date.parse(waitingSince) + limits.deadlineMs;
  let events: EventStream | undefined;
  let inspected: readonly Container[] | undefined = found;
  const silent = new SilentHealthchecks(docker, clock);
  let good: { readonly marks: string; readonly since: number } | undefined;
  let last = '';
  let restartsSeen: Readonly<Record<string, number>> = {};
  let suspected = false;
  let unfinished = startAgain?.begun ?? false;
  try {
    for (;;) {
      const containers = await silent.completed(inspected ?? (await docker.containers(name, signal)), signal);
      inspected = undefined;
      const judgement = unfinished ? UNFINISHED : judgeStart(containers, { ...expected, restartsSeen });
      restartsSeen = Object.fromEntries(containers.map(({ id, restarts }) => [id, restarts]));
      const now = clock();
      if (judgement.kind === 'failed') {
        if (suspected || judgement.container.status !== 'exited') {
          throw await failed(docker, judgement, version, signal);
        }
        // Somebody who restarts it by hand stops it first: what has ended is probed twice.
        suspected = true;
        await pause(CONFIRM_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
        continue;
      }
      suspected = false;
      if (judgement.kind === 'replaced') throw replaced(judgement.container, version);
      const marks = judgement.kind === 'good' ? judgement.marks : undefined;
      if (marks === undefined) good = undefined;
      else if (good?.marks !== marks) good = { marks, since: now };
      const stableAt = good ? good.since + limits.stableForMs : undefined;
      if (stableAt !== undefined && now >= stableAt) {
        return { containers, at: new Date(now).toISOString(), warnings: silent.warnings(containers) };
      }
      if (now >= deadline) throw timedOut(judgement, version, limits);
      const message = messageOf(judgement, limits.stableForMs);
      if (message !== last) report(progressOf(containers, expected, message, waitingSince, now));
      last = message;
      if (startAgain && judgement.kind === 'not-tried') {
        await startAgain.run(signal);
        unfinished = false;
        continue;
      }
      events ??= listen(parts.env, name, since);
      const wakeAt = Math.min(deadline, stableAt ?? deadline, now + PROBE_MS, silent.dueAt(containers));
      await wakened(events, Math.max(0, wakeAt - now), signal);
    }
  } finally {
    events?.close();
  }
}

/** Until the next event, the time, or the abort. A stream that has ended wakes nobody any more. */
async function wakened(events: EventStream, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const timer = new Promise<void>((resolve) => {
    const handle = setTimeout(resolve, ms);
    either.addEventListener(
      'abort',
      () => {
        clearTimeout(handle);
        resolve();
      },
      { once: true },
    );
  });
  await Promise.race([timer, ...(events.ended ? [] : [events.next()])]);
  over.abort();
  signal.throwIfAborted();
}

async function failed(
  docker: Docker,
  { container, reason }: Extract<Judgement, { kind: 'failed' }>,
  version: string,
  signal: AbortSignal,
): Promise<StartFailed> {
  const log = await docker.logTail(container.id, LOG_LINES, signal);
  const said = log ? `; its last words: ${oneLine(lastLines(log), LOG_SHOWN)}` : '; it logged nothing';
  return new StartFailed(`container ${container.name} of ${version} ${reason}${said}`);
}

/** The last lines that fit: whole ones, because half of a secret would not be recognised as one. */
function lastLines(log: string): string {
  const lines = log.split('\n');
  let first = lines.length - 1;
  let size = lines[first]?.length ?? 0;
  while (first > 0 && size + (lines[first - 1]?.length ?? 0) < LOG_SHOWN) {
    first -= 1;
    size += lines[first]?.length ?? 0;
  }
  return lines.slice(first).join('\n');
}

function replaced({ name, image }: Container, version: string): RunbookError {
  return new RunbookError(
    'WorkloadChanged',
    `container ${name} runs ${image} now and not ${version}: somebody else has changed the service`,
  );
}

function timedOut(judgement: Judgement, version: string, limits: ComposeProfile['rollout']): RunbookError {
  const state = 'message' in judgement ? judgement.message : 'it runs, but was never up for long enough';
  const within = `${limits.deadlineMs / 1000} s`;
  return new RunbookError('RolloutTimedOut', `${version} was not up within ${within}: ${state}`);
}

function messageOf(judgement: Judgement, stableForMs: number): string {
  if ('message' in judgement) return judgement.message;
  return `up, watched for ${stableForMs / 1000} s`;
}

function progressOf(
  containers: readonly Container[],
  expected: Expected,
  message: string,
  waitingSince: string,
  now: number,
): RolloutProgress {
  const up = containers.filter(({ running }) => running).length;
  return {
    message,
    waitingSince,
    progressAt: new Date(now).toISOString(),
    updated: containers.length,
    ready: up,
    available: up,
    old: Math.max(0, containers.length - expected.containers),
  };
}
