/** What the tests of this room need around them: a plan, a service, and one precondition of it as a run asks it. */
import type { PreconditionFinding, PreconditionId } from '../../src/domain/preconditions/preconditions.ts';
import type { Plan } from '../../src/domain/versions/plan.ts';
import {
  PRECONDITION_KINDS,
  type PreconditionSettings,
  type SettingsOf,
} from '../../src/preconditions/catalogue.ts';
import { createPreconditions } from '../../src/preconditions/create-preconditions.ts';
import type { PreconditionSurroundings } from '../../src/preconditions/precondition-kind.ts';

export const { signal } = new AbortController();

/** A plan from 0.2.0 to 0.1.0 of an image, by digest where one is given. */
export function planOf(image: string, digest?: string, change: Partial<Plan> = {}): Plan {
  const side = (version: string) => ({ version, image, revision: 1, fingerprint: version });
  return {
    from: side('0.2.0'),
    to: { ...side('0.1.0'), ...(digest === undefined ? {} : { digest }) },
    basis: 'known-good',
    changesNothing: false,
    pin: {
      target: 'kubernetes',
      workload: { namespace: 'phoenix-orch', name: 'master-orchestrator', uid: 'uid' },
      generation: 1,
      source: { kind: 'live' },
      fingerprint: '0.1.0',
      version: '0.1.0',
      image,
    },
    baseline: {},
    warnings: [],
    ...change,
  };
}

/** A service with little around it. */
export function surroundings(change: Partial<PreconditionSurroundings> = {}): PreconditionSurroundings {
  return {
    service: 'orchestrator',
    environment: 'production',
    target: { kind: 'kubernetes' },
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    resolve: () => Promise.reject(new Error('no secret is wanted')),
    now: Date.now,
    ...change,
  };
}

/** The settings as runbook.yaml gives them, with every default. */
export function settingsOf<P extends PreconditionId>(id: P, written: unknown): SettingsOf<P> {
  return PRECONDITION_KINDS[id].settings.parse(written) as SettingsOf<P>;
}

/** What is found, as a run is told it. */
export function foundBy(
  settings: PreconditionSettings,
  plan: Plan,
  change: Partial<PreconditionSurroundings> = {},
  aborted: AbortSignal = signal,
): Promise<readonly PreconditionFinding[]> {
  return createPreconditions(settings, surroundings(change)).find(plan, { signal: aborted });
}

/** The one finding of one precondition, in short: `not-met: …`. */
export async function said<P extends PreconditionId>(
  id: P,
  written: unknown,
  plan: Plan,
  change: Partial<PreconditionSurroundings> = {},
): Promise<string> {
  const found = await foundBy({ [id]: settingsOf(id, written) }, plan, change);
  return found.map(({ state, says }) => `${state}: ${says}`).join('\n');
}
