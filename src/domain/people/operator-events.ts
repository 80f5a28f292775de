import type { RunEvent } from './events.ts';
import {
  type ApprovalInput,
  type CheckInput,
  type DecisionInput,
  type EvidenceInput,
  type NoteInput,
  type PauseInput,
  type Read,
  type RejectionInput,
  readApproval,
  readCheck,
  readDecision,
  readEvidence,
  readNote,
  readPause,
  readRejection,
  readTarget,
  type TargetInput,
} from './operator-inputs.ts';

/** Name of the update, and of the signal, by which somebody hands over what else is known of the incident. */
export const EVIDENCE = 'add-evidence';

/** What people can send to a running run, by the name of the Temporal update. */
export interface OperatorInputs {
  readonly decide: DecisionInput;
  readonly approve: ApprovalInput;
  readonly reject: RejectionInput;
  readonly pause: PauseInput;
  readonly resume: PauseInput;
  readonly 'change-target': TargetInput;
  readonly 'repeat-check': CheckInput;
  readonly 'add-note': NoteInput;
  readonly 'add-evidence': EvidenceInput;
}
export type OperatorUpdate = keyof OperatorInputs;

/** One kind of update: how its input is read, and the line of the ledger that it becomes. */
interface UpdateEntry<I> {
  /** As the Temporal UI shows it beside the name. */
  readonly description: string;
  readonly read: (input: unknown) => Read<I>;
  readonly event: (input: I) => Omit<RunEvent, 'at'>;
}

/** Every update. Shared by the running workflow, the audit of its history, and whoever sends them. */
export const OPERATOR_UPDATES: { readonly [U in OperatorUpdate]: UpdateEntry<OperatorInputs[U]> } = {
  decide: {
    description:
      'Answer the open decision: {"answer": "retry | skip | go-on | change-target | restore-snapshot | fall-back | abort", "decidedBy": "name", "reason": "why"}; with change-target also "target"',
    read: readDecision,
    event: ({ answer, decidedBy, reason, target }) => ({
      kind: 'decision',
      by: decidedBy,
      summary: target ? `${answer} to ${target}` : answer,
      reason,
      answer,
    }),
  },
  approve: {
    description: 'Approve the plan: {"plan": "hash, at least 12 digits", "approvedBy": "name"}',
    read: readApproval,
    event: ({ plan, approvedBy, reason }) => ({
      kind: 'approval',
      by: approvedBy,
      summary: `approved plan ${plan.slice(0, 12)}`,
      ...(reason ? { reason } : {}),
    }),
  },
  reject: {
    description:
      'Refuse the plan: {"plan": "hash, at least 12 digits", "rejectedBy": "name", "reason": "why"}',
    read: readRejection,
    event: ({ plan, rejectedBy, reason }) => ({
      kind: 'rejection',
      by: rejectedBy,
      summary: `refused plan ${plan.slice(0, 12)}`,
      reason,
    }),
  },
  pause: {
    description: 'Stop before the next step: {"by": "name", "reason": "why"}',
    read: readPause,
    event: ({ by, reason }) => ({ kind: 'pause', by, summary: 'paused before the next step', reason }),
  },
  resume: {
    description: 'Go on after a pause: {"by": "name", "reason": "why"}',
    read: readPause,
    event: ({ by, reason }) => ({ kind: 'resume', by, summary: 'goes on', reason }),
  },
  'change-target': {
    description: 'Plan anew, before anything is changed: {"target": "0.1.0", "by": "name", "reason": "why"}',
    read: readTarget,
    event: ({ target, by, reason }) => ({
      kind: 'target-change',
      by,
      summary: `target is ${target} now`,
      reason,
    }),
  },
  'repeat-check': {
    description:
      'Repeat one check: {"check": "health | chat | agents | metrics", "by": "name", "reason": "why"}',
    read: readCheck,
    event: ({ check, by, reason }) => ({ kind: 'check-repeat', by, summary: `${check} once more`, reason }),
  },
  'add-note': {
    description: 'A sentence for the incident record: {"note": "…", "by": "name"}',
    read: readNote,
    event: ({ note, by }) => ({ kind: 'note', by, summary: note }),
  },
  'add-evidence': {
    description:
      'What another source has seen of this incident: {"by": "alertmanager", "reason": "…", "symptoms": ["…"]}',
    read: readEvidence,
    event: ({ by, reason, symptoms, incident }) => ({
      kind: 'evidence',
      by,
      summary: [...(incident ? [incident] : []), ...symptoms].join('; ') || 'joined',
      reason,
    }),
  },
};

/** Names of all updates, in the order in which they are shown. */
export const OPERATOR_UPDATE_NAMES = Object.keys(OPERATOR_UPDATES) as readonly OperatorUpdate[];

/** The line that an accepted update became; undefined for one that this runbook does not know. */
export function eventOfUpdate(name: string, input: unknown): Omit<RunEvent, 'at'> | undefined {
  if (!Object.hasOwn(OPERATOR_UPDATES, name)) return undefined;
  const { read, event } = OPERATOR_UPDATES[name as OperatorUpdate] as UpdateEntry<unknown>;
  const parsed = read(input);
  return 'value' in parsed ? event(parsed.value) : undefined;
}
