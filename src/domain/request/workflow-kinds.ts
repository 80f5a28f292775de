/** What others must know of a kind of run. */
export interface WorkflowRow {
  /** Whether people start it; the others are started by a run. */
  readonly startable: boolean;
  /** As the command line calls it, in front of the service: `rollback orchestrator`. */
  readonly title: string;
  /** As an incident record calls it: `Rollback of orchestrator`. */
  readonly heading: string;
  /** Whether it makes a plan of its own: without one there is little to show. */
  readonly plans: boolean;
  /** What people can say to it. */
  readonly takes: 'everything' | 'notes' | 'all-of-a-group';
  /** Whether it is watched for how long it takes: a watch takes as long as it is asked to. */
  readonly budgets: boolean;
}

function workflowRows<const Rows extends Readonly<Record<string, WorkflowRow>>>(rows: Rows): Rows {
  return rows;
}

/** The kinds of runs by their workflow types, which never change. */
export const WORKFLOW_ROWS = workflowRows({
  rollback: {
    startable: true,
    title: 'rollback',
    heading: 'Rollback',
    plans: true,
    takes: 'everything',
    budgets: true,
  },
  verify: {
    startable: true,
    title: 'verify',
    heading: 'Verification',
    plans: false,
    takes: 'notes',
    budgets: true,
  },
  rollbackGroup: {
    startable: true,
    title: 'rollback of the group',
    heading: 'Rollback of the group',
    plans: true,
    // Steps that cannot go on are those of a member, which asks by itself.
    takes: 'all-of-a-group',
    budgets: true,
  },
  followThrough: {
    startable: false,
    title: 'follow-through',
    heading: 'Follow-through',
    plans: false,
    takes: 'everything',
    budgets: false,
  },
});

export type WorkflowKind = keyof typeof WORKFLOW_ROWS;
export const WORKFLOWS = Object.keys(WORKFLOW_ROWS) as readonly WorkflowKind[];
/** Those that people start. */
export const STARTABLE = WORKFLOWS.filter((kind) => WORKFLOW_ROWS[kind].startable);
