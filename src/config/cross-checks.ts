import { holdsSecret } from '../domain/redact.ts';
import type { Fault } from './faults.ts';
import type { ConfigFile } from './schema.ts';

/** What is wrong between keys that are right by themselves. */
export function crossFaults(config: ConfigFile): readonly Fault[] {
  return Object.entries(config.services).flatMap(([name, { checks, required = [], notify }]) => {
    const at = ['services', name];
    const faults: Fault[] = [];
    for (const [index, id] of required.entries()) {
      if (checks[id] === false) {
        faults.push({ path: [...at, 'required', index], message: `the check ${id} is switched off` });
      }
    }
    if (checks.chat && checks.chat.needed > checks.chat.maxMessages) {
      faults.push({ path: [...at, 'checks', 'chat', 'needed'], message: 'more than maxMessages allows' });
    }
    const names = notify.map(({ slack, webhook }) => (slack ?? webhook)?.name);
    for (const [index, receiver] of names.entries()) {
      if (receiver !== undefined && names.indexOf(receiver) < index) {
        faults.push({ path: [...at, 'notify', index], message: `a second receiver called ${receiver}` });
      }
    }
    return faults;
  });
}

/** Every text of the file that has the shape of a credential. The text itself is not repeated. */
export function secretFaults(value: unknown, path: readonly PropertyKey[] = []): readonly Fault[] {
  if (typeof value === 'string') {
    return holdsSecret(value)
      ? [
          {
            path,
            message: 'this looks like a secret: give a reference to it (env, file or kubernetesSecret)',
          },
        ]
      : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => secretFaults(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => secretFaults(item, [...path, key]));
}
