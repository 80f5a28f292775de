export { rollback } from './rollback.ts';
export { verify } from './verify.ts';
