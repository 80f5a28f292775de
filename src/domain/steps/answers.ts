/** What a person can answer when a step cannot go on. */
export const ANSWERS = [
  'retry',
  'skip',
  'go-on',
  'change-target',
  'restore-snapshot',
  'fall-back',
  'abort',
] as const;
export type Answer = (typeof ANSWERS)[number];

/** What an answer does, for people who are asked. */
export const ANSWER_MEANINGS: Readonly<Record<Answer, string>> = {
  retry: 'try again',
  skip: 'go on without it',
  'go-on': 'carry out what was asked about all the same',
  'change-target': 'plan anew with another target',
  'restore-snapshot': 'bring back what ran before the rollback',
  'fall-back': 'roll back further, to the next older known-good version',
  abort: 'end the run as failed',
};
