export { claim } from './claim.ts';
export { followThrough } from './follow-through.ts';
export { rollback } from './rollback.ts';
export { verify } from './verify.ts';
