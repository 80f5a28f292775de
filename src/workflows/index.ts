export { followThrough } from './follow-through.ts';
// The workflow type of locks in every history.
export { holdLock as claim } from './lock.ts';
export { rollback } from './rollback.ts';
export { unknownType as default } from './unknown-type.ts';
export { verify } from './verify.ts';
