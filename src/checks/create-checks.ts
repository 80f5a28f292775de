import { CHECK_IDS, type CheckId } from '../domain/proof/checks.ts';
import type { Auth } from '../domain/request/profile.ts';
import { CHECK_KINDS, type CheckSettings } from './catalogue.ts';
import type { Check } from './check.ts';
import type { CheckKind } from './check-kind.ts';
import type { CheckPolicy } from './check-policy.ts';
import { createAuthorise, type ResolveSecret } from './http/auth.ts';

/** One check of a profile: how often it probes, and how a fresh one is made. Checks remember their probes. */
export interface ConfiguredCheck {
  readonly policy: CheckPolicy;
  create(): Check;
}

/** The checks of one service that are switched on. */
export type ConfiguredChecks = { readonly [C in CheckId]?: ConfiguredCheck };

/** What is needed of a service profile. */
export interface CheckedService {
  readonly endpoint: string;
  readonly auth: Auth;
  readonly checks: CheckSettings;
}

/** The checks that a profile has switched on. */
export function createChecks(
  { endpoint, auth, checks }: CheckedService,
  resolve: ResolveSecret,
): ConfiguredChecks {
  const service = { endpoint, authorise: createAuthorise(auth, resolve) };
  return Object.fromEntries(
    CHECK_IDS.flatMap((id) => {
      const kind: CheckKind = CHECK_KINDS[id];
      const settings = checks[id];
      return settings
        ? [[id, { policy: settings, create: () => kind.create(settings, service) }] as const]
        : [];
    }),
  );
}
