/** Search attributes of every run; all are keywords. They are stored in the clear and hold no secrets. */
export const SEARCH_ATTRIBUTES = {
  service: 'RollbackService',
  environment: 'RollbackEnvironment',
  step: 'RollbackStep',
  outcome: 'RollbackOutcome',
} as const;
