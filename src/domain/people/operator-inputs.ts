import { CHECK_IDS, type CheckId } from '../proof/checks.ts';
import { unreadableProblem } from '../request/unreadable-input.ts';
import { ANSWERS, type Answer } from '../steps/answers.ts';
import { textProblem } from '../text.ts';
import { parseTarget } from '../versions/targets.ts';

/** An input that was read, or one sentence that says what is wrong with it and names the field. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

/** Answers an open decision. */
export interface DecisionInput {
  readonly answer: Answer;
  readonly decidedBy: string;
  readonly reason: string;
  /** Which decision, when it must be this one: `decision-1`. */
  readonly decision?: string;
  /** Only with `change-target`. */
  readonly target?: string;
}

/** Consents to a plan, by its hash (at least the first 12 digits). */
export interface ApprovalInput {
  readonly plan: string;
  readonly approvedBy: string;
  readonly reason?: string;
}

/** Refuses a plan. */
export interface RejectionInput {
  readonly plan: string;
  readonly rejectedBy: string;
  readonly reason: string;
}

/** Stops a run before its next step, or lets it go on. */
export interface PauseInput {
  readonly by: string;
  readonly reason: string;
}

/** Another target, before anything is changed. */
export interface TargetInput {
  readonly target: string;
  readonly by: string;
  readonly reason: string;
}

/** One check once more. */
export interface CheckInput {
  readonly check: CheckId;
  readonly by: string;
  readonly reason: string;
}

/** A sentence for the record. */
export interface NoteInput {
  readonly note: string;
  readonly by: string;
}

/** What another source has seen of the same incident. */
export interface EvidenceInput {
  readonly by: string;
  readonly reason: string;
  readonly symptoms: readonly string[];
  readonly incident?: string;
}

type Field = { readonly limit: number; readonly optional?: true };
const name: Field = { limit: 100 };
const sentence: Field = { limit: 500 };
const optional = (field: Field) => ({ ...field, optional: true }) as const;

/** Reads the input of the update `decide`. */
export function readDecision(input: unknown): Read<DecisionInput> {
  const read = readTexts<Omit<DecisionInput, 'answer'> & { answer: string }>(input, {
    answer: name,
    decidedBy: name,
    reason: sentence,
    decision: optional(name),
    target: optional({ limit: 200 }),
  });
  if ('problem' in read) return read;
  const { answer, target } = read.value;
  const known = ANSWERS.find((one) => one === answer);
  if (!known) return { problem: `answer: expected one of ${ANSWERS.join(', ')}` };
  if (known === 'change-target' && target === undefined) return { problem: 'target: missing' };
  if (known !== 'change-target' && target !== undefined) {
    return { problem: 'target: goes with change-target only' };
  }
  const wrong = target === undefined ? undefined : targetProblem(target);
  return wrong ? { problem: wrong } : { value: { ...read.value, answer: known } };
}

/** Reads the input of the update `approve`. */
export function readApproval(input: unknown): Read<ApprovalInput> {
  return withPlan(
    readTexts<ApprovalInput>(input, { plan: name, approvedBy: name, reason: optional(sentence) }),
  );
}

/** Reads the input of the update `reject`. */
export function readRejection(input: unknown): Read<RejectionInput> {
  return withPlan(readTexts<RejectionInput>(input, { plan: name, rejectedBy: name, reason: sentence }));
}

/** Reads the input of the updates `pause` and `resume`. */
export function readPause(input: unknown): Read<PauseInput> {
  return readTexts<PauseInput>(input, { by: name, reason: sentence });
}

/** Reads the input of the update `change-target`. */
export function readTarget(input: unknown): Read<TargetInput> {
  const read = readTexts<TargetInput>(input, { target: { limit: 200 }, by: name, reason: sentence });
  const wrong = 'value' in read ? targetProblem(read.value.target) : undefined;
  return wrong ? { problem: wrong } : read;
}

/** Reads the input of the update `repeat-check`. */
export function readCheck(input: unknown): Read<CheckInput> {
  const read = readTexts<Omit<CheckInput, 'check'> & { check: string }>(input, {
    check: name,
    by: name,
    reason: sentence,
  });
  if ('problem' in read) return read;
  const check = CHECK_IDS.find((id) => id === read.value.check);
  return check
    ? { value: { ...read.value, check } }
    : { problem: `check: expected one of ${CHECK_IDS.join(', ')}` };
}

/** Reads the input of the update `add-note`. */
export function readNote(input: unknown): Read<NoteInput> {
  return readTexts<NoteInput>(input, { note: { limit: 1000 }, by: name });
}

/** Reads the input of the signal and update `add-evidence`. */
export function readEvidence(input: unknown): Read<EvidenceInput> {
  const object = asObject(input);
  if (!object) return { problem: 'expected one JSON object' };
  const { symptoms = [], ...rest } = object;
  const read = readTexts<Omit<EvidenceInput, 'symptoms'>>(rest, {
    by: name,
    reason: sentence,
    incident: optional(name),
  });
  if ('problem' in read) return read;
  if (!Array.isArray(symptoms)) return { problem: 'symptoms: expected a list' };
  if (symptoms.length > 20) return { problem: 'symptoms: has more than 20 entries' };
  for (const symptom of symptoms) {
    const problem = typeof symptom === 'string' ? textProblem(symptom, 500) : 'expected a string';
    if (problem) return { problem: `symptoms: ${problem}` };
  }
  return { value: { ...read.value, symptoms } };
}

function withPlan<T extends { readonly plan: string }>(read: Read<T>): Read<T> {
  if ('problem' in read || /^[0-9a-f]{12,64}$/.test(read.value.plan)) return read;
  return { problem: 'plan: expected the hash of the plan, at least its first 12 digits' };
}

function targetProblem(target: string): string | undefined {
  const parsed = parseTarget(target);
  return 'problem' in parsed ? `target: ${parsed.problem}` : undefined;
}

function asObject(input: unknown): Record<string, unknown> | undefined {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  return isObject ? (input as Record<string, unknown>) : undefined;
}

/** An object of texts and nothing else; a required one is not blank. */
function readTexts<T>(input: unknown, fields: { readonly [K in keyof T]: Field }): Read<T> {
  const unreadable = unreadableProblem(input);
  if (unreadable) return { problem: unreadable };
  const object = asObject(input);
  const names = Object.keys(fields).join(', ');
  if (!object) return { problem: `expected one JSON object with ${names}` };
  for (const key of Object.keys(object)) {
    if (!Object.hasOwn(fields, key)) return { problem: `no such field; expected ${names}` };
  }
  const value: Record<string, string> = {};
  for (const [key, field] of Object.entries<Field>(fields)) {
    const text = object[key];
    if (text === undefined && field.optional) continue;
    if (text === undefined) return { problem: `${key}: missing` };
    if (typeof text !== 'string') return { problem: `${key}: expected a string` };
    const problem = text.trim() === '' ? 'is empty' : textProblem(text, field.limit);
    if (problem) return { problem: `${key}: ${problem}` };
    value[key] = text.trim();
  }
  return { value: value as T };
}
