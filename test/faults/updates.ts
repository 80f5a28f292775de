import fc from 'fast-check';
import { OPERATOR_UPDATE_NAMES, type OperatorUpdate } from '../../src/domain/people/operator-events.ts';
import { ANSWERS } from '../../src/domain/steps/answers.ts';
import { anyJson, credential, hostileText, payloadsOf, type RawPayload } from './inputs.ts';

/** What somebody sends to a running run. */
export interface RawUpdate {
  readonly name: string;
  readonly input: readonly RawPayload[] | undefined;
}

/** Fields of all updates, with values that are mostly right; none of them ends the run. */
const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  answer: fc.constantFrom(
    ...ANSWERS.filter((answer) => answer === 'restore-snapshot' || answer === 'fall-back'),
  ),
  decidedBy: fc.constantFrom('anna', ''),
  rejectedBy: fc.constant('ben'),
  approvedBy: fc.constant('cleo'),
  by: fc.constantFrom('anna', 'ben'),
  reason: fc.constantFrom('seen in the logs', ' '),
  plan: fc.constantFrom('a'.repeat(12), 'latest', 'A'.repeat(64)),
  check: fc.constantFrom('chat', 'all'),
  note: fc.constantFrom('replication is fine', 'x'.repeat(2000)),
  symptoms: fc.array(fc.constant('502s'), { maxLength: 21 }),
  decision: fc.constantFrom('decision-1', 'decision-99'),
};

const fieldsOf: Readonly<Record<OperatorUpdate, readonly string[]>> = {
  decide: ['answer', 'decidedBy', 'reason', 'decision'],
  approve: ['plan', 'approvedBy', 'reason'],
  reject: ['plan', 'rejectedBy', 'reason'],
  pause: ['by', 'reason'],
  resume: ['by', 'reason'],
  'change-target': ['by', 'reason'],
  'repeat-check': ['check', 'by', 'reason'],
  'add-note': ['note', 'by'],
  'add-evidence': ['by', 'reason', 'symptoms'],
};

/** Updates in every shape: right ones, ones with a wrong field, anything at all, and ones that nobody knows. */
export const updates: fc.Arbitrary<RawUpdate> = fc
  .constantFrom<string>(...OPERATOR_UPDATE_NAMES, 'terminate', '')
  .chain((name) => {
    const known = fieldsOf[name as OperatorUpdate] ?? ['by'];
    const right = fc.record(Object.fromEntries(known.map((field) => [field, FIELDS[field] ?? hostileText])));
    const secret = credential.map(({ text }) => text);
    const spoiled = fc
      .tuple(right, fc.constantFrom(...known), fc.oneof(anyJson, hostileText, secret))
      .map(([input, field, value]) => ({ ...input, [field]: value }));
    const json = fc
      .oneof(
        { weight: 3, arbitrary: right },
        { weight: 3, arbitrary: spoiled },
        { weight: 2, arbitrary: anyJson },
      )
      .map((value) => JSON.stringify(value) ?? 'null');
    return fc.record({ name: fc.constant(name), input: payloadsOf(json) });
  });
