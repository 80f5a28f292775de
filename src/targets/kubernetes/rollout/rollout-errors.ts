import { RunbookError } from '../../../domain/errors.ts';
import type { RolloutStarted } from '../../../domain/versions/pins.ts';
import { shortDigest } from '../../../domain/versions/versions.ts';
import type { Workload } from '../api/resources.ts';
import { lastManager } from '../state/managers.ts';
import { nameOf, type WorkloadKind } from '../workload/workload.ts';
import type { GivenUp } from './deadlines.ts';
import type { HeldRollout } from './pod-inspector.ts';
import { type Finding, OWN_DEADLINE_MS, STATES } from './wait-states/rows.ts';

/** What a wait is for. */
interface Waited {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly rollout: RolloutStarted;
}

/** A wait that is given up. @param message what was reported last. */
export function givenUp({ rollout }: Waited, why: Finding | GivenUp, message: string): RunbookError {
  const { version } = rollout;
  if ('type' in why) {
    return new RunbookError(why.type, `the rollout of ${version} ${why.because}: ${message}`);
  }
  const { state, pod, container, text } = why;
  const where = [`pod ${pod}`, ...(container ? [`container ${container}`] : [])].join(', ');
  const long = STATES[state].ends === 'own-deadline' ? `, for ${OWN_DEADLINE_MS / 1000} s` : '';
  return new RunbookError(
    'RolloutFailed',
    `pods of ${version} cannot start: ${where}: ${text}${long}${aboutDigest(rollout, why)}`,
  );
}

/** A registry may have dropped an image that no tag names any more. */
function aboutDigest({ digests }: RolloutStarted, { state, container }: Finding): string {
  const digest = container && state === 'image-refused' ? digests?.[container] : undefined;
  return digest
    ? ` (the image that was proved, ${shortDigest(digest)}, was asked for by its digest; kubernetes.pin: tag in the profile takes what its tag names)`
    : '';
}

export function superseded(waited: Waited, reason: string, live: Workload | undefined): RunbookError {
  const by = live ? `, last by ${lastManager(live)}` : '';
  return new RunbookError(
    'WorkloadChanged',
    `${nameOf(waited)} is not what was written any more: ${reason}${by}`,
  );
}

export function pausedMeanwhile(waited: Waited): RunbookError {
  const name = nameOf(waited);
  return new RunbookError(
    'WorkloadPaused',
    `${name} was paused in the middle of the rollout; kubectl rollout resume ${name} -n ${waited.namespace}`,
  );
}

/** What controllers do by themselves is done, and it is not all. */
export function heldRollout(
  waited: Waited,
  { held: { pods, because, remedy }, updated, replicas }: HeldRollout,
): RunbookError {
  const { version } = waited.rollout;
  const names = pods.map(({ metadata }) => metadata.name).join(', ');
  return new RunbookError(
    'RolloutHeld',
    `${updated} of ${replicas} ${waited.kind.unit} are of ${version}; ${names} ${pods.length === 1 ? 'waits' : 'wait'} for a person, because ${nameOf(waited)} has ${because}: ${remedy}`,
  );
}
