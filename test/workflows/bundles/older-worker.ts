import { endUnknownType } from '../../../src/workflows/unknown-type.ts';

/** The workflows of a worker that waits two seconds for a newer one to know a type. */
export default endUnknownType(2000);
