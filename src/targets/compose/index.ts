import type { ComposeProfile } from '../../domain/request/profile.ts';
import type { RollbackTarget } from '../target.ts';
import type { ComposeTargetOptions } from './compose-target.ts';
import { workloadOf } from './load/workload.ts';

/**
 * The Docker Compose service of a profile as a rollback target. Nothing is loaded, read or run before the first call
 * that needs it: a worker that has no Compose service to roll back starts without all that.
 */
export function createComposeTarget(
  profile: ComposeProfile,
  options: Pick<ComposeTargetOptions, 'env'> & Partial<ComposeTargetOptions>,
): RollbackTarget {
  let made: Promise<RollbackTarget> | undefined;
  const target = () => {
    made ??= import('./compose-target.ts').then(
      ({ ComposeTarget }) => new ComposeTarget(profile, { clock: Date.now, ...options }),
    );
    return made;
  };
  return {
    kind: 'compose',
    workload: workloadOf(profile),
    cluster: async () => (await target()).cluster(),
    prepare: async () => (await target()).prepare(),
    checkAccess: async (...asked) => (await target()).checkAccess(...asked),
    observe: async (...asked) => (await target()).observe(...asked),
    resolve: async (...asked) => (await target()).resolve(...asked),
    takeSnapshot: async (...asked) => (await target()).takeSnapshot(...asked),
    restoreConfig: async (...asked) => (await target()).restoreConfig(...asked),
    rollBack: async (...asked) => (await target()).rollBack(...asked),
    waitForRollout: async (...asked) => (await target()).waitForRollout(...asked),
    current: async (...asked) => (await target()).current(...asked),
    lastChangedBy: async (...asked) => (await target()).lastChangedBy(...asked),
    liveSince: async (...asked) => (await target()).liveSince(...asked),
    instances: async (...asked) => (await target()).instances(...asked),
    recordKnownGood: async (...asked) => (await target()).recordKnownGood(...asked),
    preconditions: async (...asked) => (await target()).preconditions?.(...asked) ?? [],
    pullCredentials: async (...asked) =>
      (await target()).pullCredentials?.(...asked) ?? { logins: [], unread: [] },
    close: async () => (await made)?.close(),
  };
}
