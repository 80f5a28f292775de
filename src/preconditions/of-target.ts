import type { PreconditionId } from '../domain/preconditions/preconditions.ts';
import { section } from '../schema-parts/parts.ts';
import { preconditionKind, ruleKeys } from './precondition-kind.ts';

/** As long as the target may take for all of them, in ms. */
export const TARGET_TIMEOUT_MS = 15_000;
/** As long as they wait for the registry, which tells what the image is for. */
const REGISTRY_MS = 35_000;

/** A precondition that only the target can tell, which does so with others of its kind in one go. */
function ofTarget<const Id extends PreconditionId>(id: Id, about: string) {
  return preconditionKind({
    id,
    settings: section(ruleKeys(id)),
    about,
    onByDefault: true,
    create: () => ({
      timeoutMs: TARGET_TIMEOUT_MS + REGISTRY_MS,
      async find({ targetFindings }) {
        return (await targetFindings()).filter((finding) => finding.id === id);
      },
    }),
  });
}

export const platform = ofTarget(
  'platform',
  'The image is made for a platform that the nodes or the engine have.',
);
export const quota = ofTarget(
  'quota',
  'The quota of the namespace has room for the pods that come beside the old ones.',
);
export const disruptionBudget = ofTarget(
  'disruption-budget',
  'No PodDisruptionBudget stands in the way of replacing pods.',
);
export const autoscaler = ofTarget('autoscaler', 'No autoscaler works against the rollback.');
export const conflictingController = ofTarget(
  'conflicting-controller',
  'No other controller (Argo CD, Flux, an operator) writes the workload too.',
);
