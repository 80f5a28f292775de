import type { ComposeProfile } from '../../domain/profile.ts';
import type { RollbackTarget } from '../target.ts';
import { ComposeTarget, type ComposeTargetOptions } from './compose-target.ts';

/**
 * The Docker Compose service of a profile as a rollback target. Nothing is read, and no command is run, before the first
 * call that needs it.
 */
export function createComposeTarget(
  profile: ComposeProfile,
  options: Pick<ComposeTargetOptions, 'env'> & Partial<ComposeTargetOptions>,
): RollbackTarget {
  return new ComposeTarget(profile, { clock: Date.now, ...options });
}
