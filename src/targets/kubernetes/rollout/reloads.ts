import { RunbookError } from '../../../domain/errors.ts';
import type { RolloutFinished, RolloutStarted } from '../../../domain/versions/pins.ts';
import type { Workload } from '../api/resources.ts';
import { fingerprint, unreloadedFingerprint } from '../template/fingerprint.ts';

/** One reload for each object that was written; who restarts pods again and again is somebody else. */
const RELOADS = 20;

/**
 * Waits for a rollout, and goes on with what Reloader has made of it: after config was written in place it starts the pods again by
 * a change of the template.
 * @param read the workload as it is now.
 */
export async function followReloads(
  started: RolloutStarted,
  wait: (rollout: RolloutStarted) => Promise<RolloutFinished>,
  read: () => Promise<Workload>,
): Promise<RolloutFinished> {
  let rollout = started;
  for (let reloads = 0; ; reloads += 1) {
    try {
      return await wait(rollout);
    } catch (error) {
      const isOther = !(error instanceof RunbookError) || error.type !== 'WorkloadChanged';
      if (isOther || rollout.unreloaded === undefined || reloads >= RELOADS) throw error;
      const { metadata, spec } = await read();
      const isReloaded =
        metadata.uid === rollout.uid && unreloadedFingerprint(spec.template) === rollout.unreloaded;
      if (!isReloaded) throw error;
      const generation = metadata.generation ?? 0;
      rollout = { ...rollout, generation, fingerprint: fingerprint(spec.template) };
    }
  }
}
