import type { CheckId } from '../domain/checks.ts';
import type { CheckPolicy, ServiceProfile } from '../domain/profile.ts';
import { createAgentsCheck } from './agents.ts';
import { createAuthorise, type ResolveSecret } from './auth.ts';
import { createChatCheck } from './chat.ts';
import type { Check } from './check.ts';
import { createHealthCheck } from './health.ts';
import { createMetricsCheck } from './metrics.ts';

/** One check of a profile: how often it looks, and how a fresh one is made. Checks remember their looks. */
export interface ConfiguredCheck {
  readonly policy: CheckPolicy;
  create(): Check;
}

/** The checks that a profile has switched on. */
export function createChecks(
  profile: ServiceProfile,
  resolve: ResolveSecret,
): Partial<Record<CheckId, ConfiguredCheck>> {
  const { checks, endpoint } = profile;
  const { health, chat, agents, metrics } = checks;
  const authorise = createAuthorise(profile.auth, resolve);
  return {
    ...(health && {
      health: { policy: health, create: () => createHealthCheck(health, endpoint, authorise) },
    }),
    ...(chat && { chat: { policy: chat, create: () => createChatCheck(chat, endpoint, authorise) } }),
    ...(agents && {
      agents: { policy: agents, create: () => createAgentsCheck(agents, endpoint, authorise) },
    }),
    ...(metrics && { metrics: { policy: metrics, create: () => createMetricsCheck(metrics) } }),
  };
}
