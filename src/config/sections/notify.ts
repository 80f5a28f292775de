import * as z from 'zod';
import {
  NOTIFIER_IDS,
  NOTIFIER_KINDS,
  type NotifierId,
  type NotifierSettings,
} from '../../notifiers/catalogue.ts';
import type { ReceiverSettings } from '../../notifiers/notifier-kind.ts';
import type { Fault } from '../faults.ts';

/** The key of one kind. */
function keyOf<N extends NotifierId>(id: N) {
  const { settings, describedAs } = NOTIFIER_KINDS[id];
  return z.optional(settings).describe(describedAs);
}

type Keys = { readonly [N in NotifierId]: ReturnType<typeof keyOf<N>> };

const entrySchema = z
  .strictObject(Object.fromEntries(NOTIFIER_IDS.map((id) => [id, keyOf(id)])) as Keys, {
    error: `expected ${NOTIFIER_IDS.map((id) => `{ ${id}: … }`).join(' or ')}`,
  })
  .refine((entry) => Object.keys(entry).length === 1, {
    error: `expected exactly one of ${NOTIFIER_IDS.join(', ')}`,
  });

/** The section `notify:`, a list of receivers. */
export const notifySchema = z.array(entrySchema).max(10).default([]).describe('Whom to tell.');

/** The section as the file has it, with every default: in each entry the settings of one kind. */
export type NotifyEntry = z.output<typeof notifySchema>;

interface Receiver {
  readonly kind: NotifierId;
  readonly settings: ReceiverSettings;
}

function receiversIn(entries: NotifyEntry): readonly Receiver[] {
  return entries.flatMap((entry) =>
    NOTIFIER_IDS.flatMap((kind) => (entry[kind] ? [{ kind, settings: entry[kind] }] : [])),
  );
}

/** The receivers; one without a name is called after its kind, from the second on with a number. */
export function notifiersOf(entries: NotifyEntry): readonly NotifierSettings[] {
  const count = new Map<NotifierId, number>();
  return receiversIn(entries).map(({ kind, settings }) => {
    const number = (count.get(kind) ?? 0) + 1;
    count.set(kind, number);
    const name = settings.name ?? (number === 1 ? kind : `${kind}-${number}`);
    // The schema of the kind has given these settings.
    return { kind, ...settings, name } as NotifierSettings;
  });
}

/** What is wrong between the entries. */
export function notifyFaults(entries: NotifyEntry, at: readonly PropertyKey[]): readonly Fault[] {
  const names = receiversIn(entries).map(({ settings }) => settings.name);
  return names.flatMap((name, index) =>
    name !== undefined && names.indexOf(name) < index
      ? [{ path: [...at, index], message: `a second receiver called ${name}` }]
      : [],
  );
}
