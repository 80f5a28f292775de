/** The kinds of runs: their workflow types. */
export const WORKFLOWS = ['rollback', 'verify', 'followThrough'] as const;
/** Those that people start; the others are started by a run. */
export const STARTABLE = ['rollback', 'verify'] as const satisfies readonly WorkflowKind[];
export type WorkflowKind = (typeof WORKFLOWS)[number];
