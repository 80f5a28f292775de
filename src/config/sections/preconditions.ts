import * as z from 'zod';
import { PRECONDITION_IDS, type PreconditionId } from '../../domain/preconditions/preconditions.ts';
import { PRECONDITION_KINDS, type PreconditionSettings } from '../../preconditions/catalogue.ts';
import { section } from '../../schema-parts/parts.ts';

/** One precondition: its settings, or `off`. */
function keyOf<P extends PreconditionId>(id: P) {
  const { settings, onByDefault, about } = PRECONDITION_KINDS[id];
  return z
    .union([z.literal('off'), settings], {
      error: ({ input }) =>
        typeof input === 'object' && input !== null
          ? undefined
          : 'expected the settings of the precondition, or off',
    })
    .prefault(onByDefault ? {} : 'off')
    .describe(`Runbook 2. ${about} off: it is not looked at.`);
}

type Keys = { readonly [P in PreconditionId]: ReturnType<typeof keyOf<P>> };

/** The section `preconditions:`, a key for each. Without the section nothing is looked at. */
export const preconditionsSchema = section(
  Object.fromEntries(PRECONDITION_IDS.map((id) => [id, keyOf(id)])) as Keys,
)
  .exactOptional()
  .describe('What has to hold before a rollback (runbook 2). Without the section nothing is looked at.');

/** The section as the file has it: settings with every default, or `off`. */
export type PreconditionsEntry = NonNullable<z.output<typeof preconditionsSchema>>;

/** The preconditions that are switched on. */
export function preconditionsOf(entry: PreconditionsEntry): PreconditionSettings {
  return Object.fromEntries(PRECONDITION_IDS.flatMap((id) => (entry[id] === 'off' ? [] : [[id, entry[id]]])));
}
