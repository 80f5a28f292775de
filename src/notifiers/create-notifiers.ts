import type { SecretResolver } from '../secrets/index.ts';
import { NOTIFIER_KINDS, type NotifierSettings } from './catalogue.ts';
import type { Notifier } from './notifier.ts';
import type { NotifierKind } from './notifier-kind.ts';

/** The receivers of a profile. Addresses are read when a message is sent. */
export function createNotifiers(
  settings: readonly NotifierSettings[],
  secrets: SecretResolver,
): readonly Notifier[] {
  return settings.map((receiver) => {
    const kind: NotifierKind = NOTIFIER_KINDS[receiver.kind];
    return kind.create(receiver, secrets);
  });
}
