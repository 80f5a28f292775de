import type { WorkflowKind } from '../domain/request/workflow-kinds.ts';
import { followThrough } from './follow-through.ts';
import { rollback } from './rollback.ts';
import { rollbackGroup } from './rollback-group.ts';
import { verify } from './verify.ts';

// A kind of run without its workflow, or a workflow that is no kind of run, does not compile.
({ followThrough, rollback, rollbackGroup, verify }) satisfies Record<WorkflowKind, unknown>;

// The workflow type of locks in every history.
export { holdLock as claim } from './lock.ts';
export { unknownType as default } from './unknown-type.ts';
export { followThrough, rollback, rollbackGroup, verify };
