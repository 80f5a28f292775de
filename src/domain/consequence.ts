/** What follows when a rule is broken or a precondition does not hold: nothing is changed, people are told, or somebody is asked. */
export const CONSEQUENCES = ['block', 'warn', 'ask'] as const;
export type Consequence = (typeof CONSEQUENCES)[number];
