import type { RunOutcome } from '../../src/domain/ledger/ledger.ts';

/** A path through the runbook that a recorded history stands for. */
export interface Path {
  readonly outcome: RunOutcome;
  /** What the run went through, for people. */
  readonly what: string;
}

/**
 * Every recorded history and how its run ended. One for each path: what the ends of runs are, each decision, approval,
 * cancelling, claims, and what comes after a success, on both targets.
 */
export const PATHS: Readonly<Record<string, Path>> = {
  'rolled-back': { outcome: 'rolled-back', what: 'a bad release goes back to its known-good version' },
  'already-there': {
    outcome: 'already-there',
    what: 'the same again: nothing is written, everything is verified',
  },
  'known-good': { outcome: 'known-good', what: 'the verification after a deploy' },
  'not-proved': { outcome: 'not-proved', what: 'the target is not well either' },
  'not-proved-unreached': {
    outcome: 'not-proved',
    what: 'health reaches nobody, and nothing behind it is tried',
  },
  'failed-request': { outcome: 'failed', what: 'a wrong request' },
  'failed-rollout': { outcome: 'failed', what: 'the image of the target is gone' },
  cancelled: {
    outcome: 'cancelled',
    what: 'cancelled in the middle of the wait, before runs finished what they began',
  },
  'compose-known-good': {
    outcome: 'known-good',
    what: 'the verification of a Compose service after a deploy',
  },
  'compose-rolled-back': {
    outcome: 'rolled-back',
    what: 'its bad release goes back to the known-good version, env file and all',
  },
  'compose-failed-rollout': {
    outcome: 'failed',
    what: 'the target ends with exit code 0: what was there before comes back',
  },

  expired: { outcome: 'expired', what: 'no worker took it up in time' },
  'start-refused': { outcome: 'failed', what: 'started with an execution timeout' },
  'other-profile': {
    outcome: 'rolled-back',
    what: 'approved after its worker was restarted with another profile',
  },
  planned: { outcome: 'planned', what: 'a dry run' },
  'decided-retry': {
    outcome: 'rolled-back',
    what: 'a paused Deployment, resumed, and the decision to retry',
  },
  'decided-need': {
    outcome: 'rolled-back',
    what: 'an alert asks, it cannot be told whether it is the release, and somebody goes on',
  },
  'checked-not-warranted': { outcome: 'not-warranted', what: 'an alert asks, and the release is well' },
  'checked-preconditions': {
    outcome: 'rolled-back',
    what: 'measured before and after; a freeze lasts, and somebody goes on',
  },
  'decided-skip': { outcome: 'rolled-back', what: 'a failed check that somebody left out' },
  'decided-change-target': {
    outcome: 'rolled-back',
    what: 'another target instead of one that is not there',
  },
  'decided-go-on': {
    outcome: 'rolled-back',
    what: 'a plan with critical settings that somebody decided on',
  },
  'decided-restore-snapshot': { outcome: 'restored', what: 'a failed rollout, taken back' },
  'decided-fall-back': {
    outcome: 'rolled-back',
    what: 'a target that is not well, and the next older known-good one',
  },
  'decided-abort': { outcome: 'failed', what: 'a failed rollout, left as it is' },
  'decided-by-deadline': {
    outcome: 'restored',
    what: 'nobody answered, and the default restored the snapshot',
  },
  'check-repeated': { outcome: 'not-proved', what: 'one check repeated while a decision was due' },
  approved: { outcome: 'rolled-back', what: 'a plan that two people approved' },
  'approval-rejected': { outcome: 'failed', what: 'a plan that somebody refused' },
  'approval-expired': { outcome: 'failed', what: 'a plan that nobody approved in time' },
  'break-glass': { outcome: 'rolled-back', what: 'without the approval that is usually required' },
  paused: { outcome: 'rolled-back', what: 'paused, a note, resumed' },
  'over-budget': { outcome: 'rolled-back', what: 'longer than the budgets of the phase and of the run' },
  'cancelled-finished': {
    outcome: 'cancelled',
    what: 'cancelled in the middle of the wait; the change was finished',
  },
  'cancelled-restored': {
    outcome: 'cancelled',
    what: 'cancelled in the middle of the wait; what was there before was restored',
  },
  'cancelled-waiting': {
    outcome: 'cancelled',
    what: 'cancelled while a decision was due, before the change',
  },
  'claim-refused': { outcome: 'failed', what: 'another run held the target' },
  joined: { outcome: 'joined', what: 'another run held the target, and was joined' },
  'with-evidence': { outcome: 'rolled-back', what: 'the run that the other one joined' },
  'stayed-well': { outcome: 'stayed-well', what: 'followed through: nothing happened' },
  'changed-back': { outcome: 'changed-back', what: 'followed through: a controller changed it back' },
  'not-well-again': {
    outcome: 'not-well-again',
    what: 'followed through: unwell again, and nothing was done',
  },
  superseded: { outcome: 'superseded', what: 'followed through: another rollback of ours' },

  'config-in-place': {
    outcome: 'rolled-back',
    what: 'its ConfigMap is written where it stands, before the template',
  },
  'config-cancelled-restored': {
    outcome: 'cancelled',
    what: 'the same, cancelled in the middle of the wait: the ConfigMap holds again what it held',
  },
  'group-rolled-back': { outcome: 'rolled-back', what: 'a group of two, approved, and proved as a whole' },
  'group-member': { outcome: 'rolled-back', what: 'one of its members' },
  'group-restored': { outcome: 'restored', what: 'a group of which one member is not proved' },
  'group-member-restored': { outcome: 'restored', what: 'its other member, which goes back' },
  'group-cancelled': { outcome: 'cancelled', what: 'a group that is cancelled while it asks' },

  'compose-decided-restore-snapshot': {
    outcome: 'restored',
    what: 'not well, and taken back, files and all',
  },
  'compose-decided-fall-back': {
    outcome: 'rolled-back',
    what: 'not well, and the next older known-good version',
  },
  'compose-approved': { outcome: 'rolled-back', what: 'a plan that somebody approved' },
  'compose-cancelled-finished': {
    outcome: 'cancelled',
    what: 'cancelled in the middle of the wait; finished',
  },
  'compose-cancelled-restored': {
    outcome: 'cancelled',
    what: 'cancelled in the middle of the wait; restored',
  },
};
