import { CHECK_IDS } from '../domain/checks.ts';
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
    for (const id of CHECK_IDS) {
      const policy = checks[id];
      const takes = policy === false ? 0 : (policy.needed - 1) * policy.every;
      if (policy === false || takes < policy.within) continue;
      const message = `can never pass: ${policy.needed} good looks, one every ${policy.every / 1000} s, take ${takes / 1000} s`;
      faults.push({ path: [...at, 'checks', id, 'within'], message });
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

/** Every text and every key of the file that has the shape of a credential. The text itself is not repeated. */
export function secretFaults(value: unknown, path: readonly PropertyKey[] = []): readonly Fault[] {
  const message = 'this looks like a secret: give a reference to it (env, file or kubernetesSecret)';
  if (typeof value === 'string') return holdsSecret(value) ? [{ path, message }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretFaults(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const inside = secretFaults(item, [...path, key]);
    return holdsSecret(key) ? [{ path: [...path, key], message, atKey: true }, ...inside] : inside;
  });
}
