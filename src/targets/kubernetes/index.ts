import type { KubernetesProfile } from '../../domain/request/profile.ts';
import type { RollbackTarget } from '../target.ts';
import { KubernetesTarget } from './kubernetes-target.ts';
import type { KubernetesTargetOptions } from './options.ts';

export { readSecretKey, type SecretKey } from './api/secret.ts';

/**
 * The Deployment of a profile as a rollback target. Nothing is loaded, read or connected here: undici is
 * imported and the connection is opened by the first call that needs them.
 *
 * One watch of the Deployment is kept open while it is used and for a minute after; `close` ends it.
 */
export function createKubernetesTarget(
  profile: KubernetesProfile,
  options: Partial<KubernetesTargetOptions> = {},
): RollbackTarget {
  return new KubernetesTarget(profile, {
    fieldManager: 'rollback-runbook',
    clock: Date.now,
    env: process.env,
    ...options,
  });
}
