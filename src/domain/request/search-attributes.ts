/** Search attributes of every run; all are keywords. They are stored in the clear and hold no secrets. */
export const SEARCH_ATTRIBUTES = {
  service: 'RollbackService',
  environment: 'RollbackEnvironment',
  step: 'RollbackStep',
  outcome: 'RollbackOutcome',
} as const;

export type SearchAttribute = keyof typeof SEARCH_ATTRIBUTES;

/** What runs may write: the namespace may lack attributes, or have them with another type. */
export interface UsableAttributes {
  readonly any: boolean;
  /** Those that must not be written. */
  readonly leftOut: readonly SearchAttribute[];
}
