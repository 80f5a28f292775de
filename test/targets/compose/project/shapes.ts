import type { Shape } from './shape.ts';
import { PLAIN } from './shapes-plain.ts';
import { REUSED } from './shapes-reused.ts';
import { SEVERAL } from './shapes-several.ts';
import { VARIABLES } from './shapes-variables.ts';

export { type FileOf, type Shape, SOME_DIGEST } from './shape.ts';

/** Every way to name an image that must work. */
export const SHAPES: readonly Shape[] = [...PLAIN, ...REUSED, ...VARIABLES, ...SEVERAL];
