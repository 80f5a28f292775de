import { RunbookError } from '../../domain/errors.ts';
import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { exchange } from '../../http/exchange.ts';
import { originOf, parseReference } from '../../registry/index.ts';
import { imageOf } from '../image/images-of.ts';
import { preconditionKind } from '../precondition-kind.ts';
import { problemOfGit } from './git.ts';
import { reachableSettings } from './settings.ts';

/** Beside the probes themselves, in ms. */
const ENDING_MS = 3000;

/** Something that is to answer. */
interface Probe {
  readonly name: string;
  /** Why it did not; undefined when it did. */
  readonly problem: () => Promise<string | undefined>;
}

/**
 * Runbook 2: what the rollback, and whoever looks at it, relies on answers: the image's registry, Prometheus, Git. Whether it
 * lets the worker in is told by others.
 *
 * Reads: a sign of life of each.
 * Writes: nothing.
 */
export const reachable = preconditionKind({
  id: 'reachable',
  settings: reachableSettings,
  about: 'Registry, Prometheus and Git answer. Told, and by default it stops nothing.',
  onByDefault: true,
  create: (settings, { reachPrometheus, env }) => ({
    timeoutMs: settings.timeout + ENDING_MS,
    async find({ plan, signal }): Promise<readonly PreconditionFinding[]> {
      const probes: readonly Probe[] = [
        ...(settings.registry ? registryOf(imageOf(plan)?.image, settings.timeout, signal) : []),
        ...(settings.prometheus && reachPrometheus
          ? [{ name: 'Prometheus', problem: () => rejection(reachPrometheus, settings.timeout, signal) }]
          : []),
        ...settings.git.map((address) => ({
          name: `Git (${repositoryIn(address)})`,
          problem: () => problemOfGit(address, env, settings.timeout, signal),
        })),
      ];
      return Promise.all(
        probes.map(async ({ name, problem }) => {
          const why = await problem();
          return why === undefined
            ? ({ id: 'reachable', state: 'met', says: `${name} answers` } as const)
            : ({ id: 'reachable', state: 'not-met', says: `${name} does not answer: ${why}` } as const);
        }),
      );
    },
  }),
});

/** The address may hold more than people need; the repository's own name says which one it is. */
function repositoryIn(address: string): string {
  return address.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? address;
}

function registryOf(image: string | undefined, timeoutMs: number, signal: AbortSignal): readonly Probe[] {
  const reference = image === undefined ? undefined : parseReference(image);
  if (!reference) return [];
  const url = new URL('/v2/', originOf(reference.registry)).href;
  return [
    {
      name: `the registry ${reference.registry}`,
      async problem() {
        const answer = await exchange({ method: 'GET', url, timeoutMs, signal });
        if (answer.kind === 'unanswered') return answer.problem;
        const isWell = answer.status < 500 && answer.status !== 404 && answer.status !== 429;
        return isWell ? undefined : `it answered ${answer.status}`;
      },
    },
  ];
}

async function rejection(
  reach: (signal: AbortSignal) => Promise<unknown>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    await reach(AbortSignal.any([signal, timeout]));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return `no answer within ${timeoutMs / 1000} s`;
    return error instanceof RunbookError ? error.message : 'it could not be asked';
  }
}
