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
import { withoutAddresses } from '../domain/without-addresses.ts';
import type { PlannedImage, PullLogins } from '../targets/target.ts';
import { PRECONDITION_KINDS, type PreconditionSettings } from './catalogue.ts';
import { askRegistry } from './image/ask-registry.ts';
import { wantedImages } from './image/images-of.ts';
import { LOGINS_MS } from './image/index.ts';
import { TARGET_TIMEOUT_MS } from './of-target.ts';
import type {
  AnsweredImage,
  ImageAnswers,
  Precondition,
  PreconditionKind,
  PreconditionQuestion,
  PreconditionSurroundings,
} from './precondition-kind.ts';

/** Who asks, and of what. */
export interface AskedBy {
  readonly signal: AbortSignal;
  readonly cluster?: NamedCluster | undefined;
  /** The run has changed the workload before: what is under way there may be its own. */
  readonly hasChanged?: true | undefined;
}

/** The preconditions of one service that are switched on. */
export interface ServicePreconditions {
  readonly rules: PreconditionRules;
  /**
   * Looks at all of them at once, each within its own time-out. What could not be found out is told as not known, with why.
   * Rejects only when `signal` aborts, with its reason.
   */
  find(plan: Plan, context: AskedBy): Promise<readonly PreconditionFinding[]>;
}

/** Where the image itself is no precondition, and its platforms are asked for all the same. */
const IMAGE_TIMEOUT_MS = 10_000;
/** Longest text of a finding and of its remedy: they go into workflow history. In characters. */
const LONGEST_TEXT = 400;
const NO_LOGINS: PullLogins = { logins: [], unread: [] };

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
    async find(plan, asked) {
      const { signal, cluster } = asked;
      signal.throwIfAborted();
      const shared = sharedReads(plan, asked, settings, surroundings);
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
  { signal, cluster, hasChanged }: AskedBy,
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
      async (limited) => (await target.pullCredentials?.(plan, { signal: limited, cluster })) ?? NO_LOGINS,
    ),
  );
  const imageAnswers = once(() =>
    within(timeout + LOGINS_MS, signal, async (limited): Promise<ImageAnswers> => {
      const { planned, problem } = await plannedBy(target, plan, { signal: limited, cluster });
      const { images, leftOut } = wantedImages(plan, planned);
      const answers = images.map(async (wanted, index): Promise<AnsweredImage> => {
        // What the target is told of is the image of the version, which comes first.
        const options = { settings: { credentials, timeout }, withPlatforms: withPlatforms && index === 0 };
        return { wanted, answer: await askRegistry(wanted, { env, resolve, pullLogins }, options, limited) };
      });
      const notAsked = problem ?? (leftOut > 0 ? tooMany(leftOut) : undefined);
      return { answers: await Promise.all(answers), ...(notAsked === undefined ? {} : { notAsked }) };
    }),
  );
  const targetFindings = once(async () => {
    const platforms = withPlatforms ? await imageAnswers().then(platformsOf, () => []) : [];
    return within(TARGET_TIMEOUT_MS, signal, async (limited) => {
      const known = { ...(platforms.length > 0 ? { platforms } : {}), ...(hasChanged ? { hasChanged } : {}) };
      return (await target.preconditions?.(plan, { signal: limited, cluster }, known)) ?? [];
    });
  });
  return { imageAnswers, targetFindings };
}

function tooMany(leftOut: number): string {
  const images = leftOut === 1 ? '1 more image' : `${leftOut} more images`;
  return `${images} of its pods ${leftOut === 1 ? 'was' : 'were'} not asked for: they are too many`;
}

/** What the target does not tell, or cannot tell now, is taken from the plan; that it cannot is told. */
async function plannedBy(
  target: PreconditionSurroundings['target'],
  plan: Plan,
  context: { readonly signal: AbortSignal; readonly cluster?: NamedCluster | undefined },
): Promise<{ readonly planned: readonly PlannedImage[]; readonly problem?: string }> {
  try {
    return { planned: (await target.images?.(plan, context)) ?? [] };
  } catch (error) {
    context.signal.throwIfAborted();
    return { planned: [], problem: `the other images of its pods are not known: ${problemOf(error)}` };
  }
}

function platformsOf({ answers: [answered] }: ImageAnswers): readonly string[] {
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
  if (error instanceof RunbookError) return withoutAddresses(error.message);
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
    // A command that is cut is another command.
    ...(remedy === undefined || remedy.length > LONGEST_TEXT
      ? {}
      : { remedy: oneLine(remedy, LONGEST_TEXT) }),
  };
}
