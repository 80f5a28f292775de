import * as z from 'zod';
import { CHECK_KINDS, type CheckSettings } from '../../checks/catalogue.ts';
import type { CheckKind } from '../../checks/check-kind.ts';
import type { CheckPolicy } from '../../checks/check-policy.ts';
import { CHECK_IDS, CHECKS, type CheckId } from '../../domain/proof/checks.ts';
import { section } from '../../schema-parts/parts.ts';
import type { Fault } from '../faults.ts';

const ERROR = 'expected the settings of the check, or false to switch it off';

/** One check: its settings, or `false`. */
function keyOf<C extends CheckId>(id: C) {
  const { settings, onByDefault } = CHECK_KINDS[id];
  return z
    .union([z.literal(false), settings], { error: ERROR })
    .prefault(onByDefault ? {} : false)
    .describe(`Runbook ${CHECKS[id].runbook}. false switches it off.`);
}

type Keys = { readonly [C in CheckId]: ReturnType<typeof keyOf<C>> };

/** The section `checks:`, a key for each check. */
export const checksSchema = section(Object.fromEntries(CHECK_IDS.map((id) => [id, keyOf(id)])) as Keys)
  .prefault({})
  .describe('What proves the service well.');

/** The section as the file has it: settings with every default, or `false`. */
export type ChecksEntry = z.output<typeof checksSchema>;

/** The checks that are switched on. */
export function checksOf(entry: ChecksEntry): CheckSettings {
  return Object.fromEntries(CHECK_IDS.flatMap((id) => (entry[id] ? [[id, entry[id]]] : [])));
}

/** What is wrong between the keys of each check. */
export function checkFaults(entry: ChecksEntry, at: readonly PropertyKey[]): readonly Fault[] {
  return CHECK_IDS.flatMap((id) => {
    const kind: CheckKind = CHECK_KINDS[id];
    const settings = entry[id];
    if (!settings) return [];
    return [...kind.faults(settings), ...policyFaults(settings)].map(({ key, message }) => ({
      path: [...at, id, key],
      message,
    }));
  });
}

function policyFaults({ needed, everyMs, withinMs }: CheckPolicy) {
  const takes = (needed - 1) * everyMs;
  if (takes < withinMs) return [];
  const message = `can never pass: ${needed} good probes, one every ${everyMs / 1000} s, take ${takes / 1000} s`;
  return [{ key: 'within', message }];
}
