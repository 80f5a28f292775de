import { RunbookError } from '../domain/errors.ts';
import {
  PRECONDITION_IDS,
  type PreconditionFinding,
  type PreconditionId,
  type PreconditionRules,
} from '../domain/preconditions/preconditions.ts';
import { oneLine } from '../domain/redact.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { Plan } from '../domain/versions/plan.ts';
import type { PlannedImage } from '../targets/target.ts';
import { PRECONDITION_KINDS, type PreconditionSettings } from './catalogue.ts';
import { askRegistry } from './image/ask-registry.ts';
import { wantedImages } from './image/images-of.ts';
import { LOGINS_MS } from './image/index.ts';
import { TARGET_TIMEOUT_MS } from './of-target.ts';
import type {
  AnsweredImage,
  Precondition,
  PreconditionKind,
  PreconditionQuestion,
  PreconditionSurroundings,
} from './precondition-kind.ts';

/** The preconditions of one service that are switched on. */
export interface ServicePreconditions {
  readonly rules: PreconditionRules;
  /**
   * Looks at all of them at once, each within its own time-out. What could not be found out is told as not known, with why.
   * Rejects only when `signal` aborts, with its reason.
   */
  find(
    plan: Plan,
    context: { readonly signal: AbortSignal; readonly cluster?: NamedCluster | undefined },
  ): Promise<readonly PreconditionFinding[]>;
}

/** Where the image itself is no precondition, and its platforms are asked for all the same. */
const IMAGE_TIMEOUT_MS = 10_000;
/** Longest text of a finding and of its remedy: they go into workflow history. In characters. */
const LONGEST_TEXT = 400;

/** The preconditions that a profile has switched on. */
export function createPreconditions(
  settings: PreconditionSettings,
  surroundings: PreconditionSurroundings,
): ServicePreconditions {
  const made = PRECONDITION_IDS.flatMap((id) => {
    const kind: PreconditionKind = PRECONDITION_KINDS[id];
    const own = settings[id];
    return own ? [{ id, rule: own, precondition: kind.create(own, surroundings) }] : [];
  });
  return {
    rules: Object.fromEntries(made.map(({ id, rule: { on, unknown } }) => [id, { on, unknown }])),
    async find(plan, { signal, cluster }) {
      signal.throwIfAborted();
      const shared = sharedReads(plan, { signal, cluster }, settings, surroundings);
      const found = await Promise.all(
        made.map(({ id, precondition }) =>
          settled(id, precondition, signal, (limited) =>
            precondition.find({ plan, cluster, signal: limited, ...shared }),
          ),
        ),
      );
      return found.flat().map(shortened);
    },
  };
}

/** What several preconditions want to know: each is asked once, when the first one wants it. */
function sharedReads(
  plan: Plan,
  { signal, cluster }: { readonly signal: AbortSignal; readonly cluster?: NamedCluster | undefined },
  settings: PreconditionSettings,
  surroundings: PreconditionSurroundings,
): Pick<PreconditionQuestion, 'targetFindings' | 'imageAnswers'> {
  const { credentials = [], timeout = IMAGE_TIMEOUT_MS } = settings.image ?? {};
  const withPlatforms = settings.platform !== undefined;
  const { target, env, resolve } = surroundings;
  const pullLogins = once(() =>
    within(
      LOGINS_MS,
      signal,
      async (limited) => (await target.pullCredentials?.(plan, { signal: limited, cluster })) ?? [],
    ),
  );
  const imageAnswers = once(() =>
    within(timeout + LOGINS_MS, signal, async (limited) => {
      const images = wantedImages(plan, await plannedBy(target, plan, { signal: limited, cluster }));
      const answers = images.map(async (wanted, index): Promise<AnsweredImage> => {
        // What the target is told of is the image of the version, which comes first.
        const options = { settings: { credentials, timeout }, withPlatforms: withPlatforms && index === 0 };
        return { wanted, answer: await askRegistry(wanted, { env, resolve, pullLogins }, options, limited) };
      });
      return Promise.all(answers);
    }),
  );
  const targetFindings = once(async () => {
    const platforms = withPlatforms ? await imageAnswers().then(platformsOf, () => []) : [];
    return within(TARGET_TIMEOUT_MS, signal, async (limited) => {
      const known = platforms.length > 0 ? { platforms } : {};
      return (await target.preconditions?.(plan, { signal: limited, cluster }, known)) ?? [];
    });
  });
  return { imageAnswers, targetFindings };
}

/** What the target does not tell, or cannot tell now, is taken from the plan. */
async function plannedBy(
  target: PreconditionSurroundings['target'],
  plan: Plan,
  context: { readonly signal: AbortSignal; readonly cluster?: NamedCluster | undefined },
): Promise<readonly PlannedImage[]> {
  try {
    return (await target.images?.(plan, context)) ?? [];
  } catch {
    context.signal.throwIfAborted();
    return [];
  }
}

function platformsOf([answered]: readonly AnsweredImage[]): readonly string[] {
  return answered?.answer.kind === 'there' ? answered.answer.platforms : [];
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

/** What was found, or why nothing was. */
async function settled(
  id: PreconditionId,
  { timeoutMs }: Precondition,
  signal: AbortSignal,
  find: (signal: AbortSignal) => Promise<readonly PreconditionFinding[]>,
): Promise<readonly PreconditionFinding[]> {
  try {
    return await within(timeoutMs, signal, find);
  } catch (error) {
    signal.throwIfAborted();
    return [{ id, state: 'unknown', says: problemOf(error) }];
  }
}

/** Of what nobody expected only the kind is told: its message may hold anything. */
function problemOf(error: unknown): string {
  if (error instanceof RunbookError) return error.message;
  return `could not be looked at (${error instanceof Error ? error.name : 'unknown error'})`;
}

/** Ends at the deadline or with the signal, whether or not the work heeds them. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new RunbookError('Unreachable', `no answer within ${ms / 1000} s`)),
    ms,
  );
  const limited = AbortSignal.any([signal, deadline.signal]);
  const ended = new Promise<never>((_, reject) => {
    limited.addEventListener('abort', () => reject(limited.reason), { once: true });
  });
  try {
    return await Promise.race([work(limited), ended]);
  } catch (error) {
    // What the work says when it is broken off is no cause of its own.
    throw limited.aborted ? limited.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

function shortened({ says, remedy, ...finding }: PreconditionFinding): PreconditionFinding {
  return {
    ...finding,
    says: oneLine(says, LONGEST_TEXT),
    ...(remedy === undefined ? {} : { remedy: oneLine(remedy, LONGEST_TEXT) }),
  };
}
