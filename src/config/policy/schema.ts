import * as z from 'zod';
import { closest } from '../../domain/closest.ts';
import { SEVERITIES } from '../../domain/request/policy.ts';
import { ANSWERS, type Answer } from '../../domain/steps/answers.ts';
import { answersFor } from '../../domain/steps/recovery.ts';
import { STEP_IDS, type StepId } from '../../domain/steps/steps.ts';
import { textProblem } from '../../domain/text.ts';
import { duration, section, text } from '../../schema-parts/parts.ts';
import { needSchema } from './need-section.ts';

type AnswerAtDeadline = Exclude<Answer, 'change-target'>;

const ANSWERS_AT_DEADLINE = ANSWERS.filter(
  (answer): answer is AnswerAtDeadline => answer !== 'change-target',
);

/** Steps at which somebody may have to decide. */
const DECIDED_STEPS: readonly StepId[] = STEP_IDS.filter((step) => possibleAnswers(step, 1).length > 0);

/**
 * What can be answered at a step in some situation.
 * @param fallBacks how many times a run may fall back.
 */
export function possibleAnswers(step: StepId, fallBacks: number): readonly Answer[] {
  const moments = [false, true].flatMap((changeBegun) =>
    [false, true].map((consentable) => ({ changeBegun, consentable })),
  );
  const possible = moments.flatMap((moment) =>
    answersFor({ step, restorable: true, fallBacksLeft: fallBacks, ...moment }),
  );
  return ANSWERS.filter((answer) => possible.includes(answer));
}

const wait = () => duration('0s', '24h');

const atDeadline = () =>
  z.enum(ANSWERS_AT_DEADLINE, {
    error: ({ input }) =>
      input === 'change-target'
        ? 'change-target needs a person who names the target'
        : `expected one of ${ANSWERS_AT_DEADLINE.join(', ')}`,
  });

const stepsSchema = z.partialRecord(
  z.enum(DECIDED_STEPS),
  section({
    wait: wait().exactOptional().describe('How long a decision at this step stays open.'),
    atDeadline: atDeadline().exactOptional().describe('What is done at this step without an answer.'),
  }),
  { error: (issue) => ('keys' in issue ? unknownStep(issue.keys as readonly string[]) : undefined) },
);

function unknownStep(keys: readonly string[]): string {
  const meant = keys.map((key) => closest(key, DECIDED_STEPS)).find(Boolean);
  return meant
    ? `unknown step, did you mean ${meant}?`
    : `not a step at which somebody is asked (known: ${DECIDED_STEPS.join(', ')})`;
}

const decisionsSchema = section({
  wait: wait()
    .prefault('15m')
    .describe('How long a decision stays open. 0s: nobody is asked, atDeadline is done at once.'),
  atDeadline: atDeadline()
    .default('abort')
    .describe('What is done when nobody has answered by then; abort where it is not possible.'),
  fallBacks: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('How many times a run may go on to the next older known-good version.'),
  steps: stepsSchema
    .default({})
    .describe(`Other settings for single steps, by their ids: ${DECIDED_STEPS.join(', ')}.`),
});

/** A name as people give it with their approval: it has to be possible to give it. */
const approver = () =>
  text(100).refine((name) => textProblem(name, 100) === undefined, {
    error: 'expected a name: neither an address nor a secret',
  });

const approvalSchema = section({
  required: z.boolean().default(false).describe('Whether the plan needs approval before it is carried out.'),
  quorum: z.int().min(1).max(10).default(1).describe('How many people must approve; never the requester.'),
  approvers: z
    .array(approver())
    .max(50)
    .default([])
    .describe('Who may approve, by the names that they approve with. Empty: everybody but the requester.'),
  breakGlass: z
    .array(z.enum(SEVERITIES))
    .default(['sev1'])
    .describe(
      'Severities of incidents in which a request may go on without approval, with a reason (its breakGlass). Empty: none.',
    ),
  expires: duration('1s', '24h')
    .prefault('30m')
    .describe('How long an approval is waited for; then the run ends and nothing was changed.'),
});

const budget = (most: string) => duration('1s', '24h').prefault(most);

const budgetsSchema = section({
  decide: budget('2m').describe('Finding out and planning.'),
  act: budget('8m').describe('Snapshot, change, and waiting until it runs.'),
  prove: budget('5m').describe('The checks.'),
  target: budget('15m').describe('The whole run, as it should be.'),
  acceptable: budget('30m').describe('The whole run, as it may be; not under target.'),
});

const followThroughSchema = section({
  for: duration('0s', '24h').prefault('15m').describe('How long a success is watched. 0s: not at all.'),
  every: duration('100ms', '10m').prefault('10s').describe('From one probe to the next.'),
  failures: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe("Bad probes of the service's health in a row that count as unwell again."),
});

/** The keys of a service that say how a run behaves beside its steps. */
export const policyKeys = {
  startWithin: duration('1s', '24h')
    .prefault('10m')
    .describe(
      'A run that no worker has taken up this long after it was due changes nothing and ends as expired.',
    ),
  decisions: decisionsSchema
    .prefault({})
    .describe('Who is waited for when a step cannot go on, and what is done without an answer.'),
  approval: approvalSchema.prefault({}).describe('Whose consent a change needs.'),
  onCancel: z
    .enum(['finish', 'restore'])
    .default('finish')
    .describe(
      'What a cancelled run does with a change that has begun: finish it, or bring back what ran before.',
    ),
  longestPause: duration('1s', '24h')
    .prefault('1h')
    .describe('A run that is paused goes on by itself after this long.'),
  budgets: budgetsSchema
    .prefault({})
    .describe('How long things should take. More is told and recorded; it ends nothing.'),
  need: needSchema
    .prefault({})
    .describe(
      'What follows from what is measured before a rollback (runbook 1), by who asks. How long a question stays open: decisions.steps.assess-need.',
    ),
  followThrough: followThroughSchema.prefault({}).describe('Watching the service after a success.'),
};
