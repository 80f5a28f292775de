import { holdsSecret } from '../domain/redact.ts';
import { settingOf, WORKLOAD_KINDS } from '../domain/workload-kind.ts';
import type { Fault } from './faults.ts';
import { policyFaults } from './policy/faults.ts';
import type { ConfigFile } from './schema.ts';
import { checkFaults } from './sections/checks.ts';
import { notifyFaults } from './sections/notify.ts';
import { signalFaults } from './sections/signals.ts';

/** What is wrong between keys that are right by themselves. */
export function crossFaults(config: ConfigFile): readonly Fault[] {
  return Object.entries(config.services).flatMap(([name, service]) => {
    const { checks, required = [], notify } = service;
    const at = ['services', name];
    const faults: Fault[] = targetFaults(service, at);
    for (const [index, id] of required.entries()) {
      if (checks[id] === false) {
        faults.push({ path: [...at, 'required', index], message: `the check ${id} is switched off` });
      }
    }
    faults.push(...checkFaults(checks, [...at, 'checks']), ...notifyFaults(notify, [...at, 'notify']));
    if (service.signals)
      faults.push(...signalFaults(service.signals, service.prometheus, [...at, 'signals']));
    if (service.config.restore === 'in-place' && !service.kubernetes) {
      const message = 'in-place is for kubernetes: the files of a compose project are its own';
      faults.push({ path: [...at, 'config', 'restore'], message });
    }
    if (service.config.secrets === 'keep') faults.push(...keepFaults(service, at));
    return [...faults, ...criticalFaults(service, at), ...policyFaults(service, at)];
  });
}

/** What keeping the content of Secrets needs. */
function keepFaults({ evidence }: ConfigFile['services'][string], at: readonly string[]): readonly Fault[] {
  const path = [...at, 'config', 'secrets'];
  if (evidence.signingKey) return [];
  return [
    { path, message: 'keep needs evidence.signingKey: content of Secrets is recorded by a keyed hash alone' },
  ];
}

/** Rules about objects that there are only on the other kind of target: each would be broken, for ever. */
function criticalFaults(
  { kubernetes, config }: ConfigFile['services'][string],
  at: readonly string[],
): readonly Fault[] {
  const [never, instead] = kubernetes
    ? ([/^(?:file$|config\/)/, 'configmap/<name>, secret/<name> or environment'] as const)
    : ([/^configmap\//, 'file, config/<name>, secret/<name> or environment'] as const);
  return config.critical.rules.flatMap(({ object }, index) =>
    never.test(object)
      ? [
          {
            path: [...at, 'config', 'critical', 'rules', index, 'object'],
            message: `never there on ${kubernetes ? 'kubernetes' : 'compose'}: expected ${instead}`,
          },
        ]
      : [],
  );
}

/** The settings of which one names the workload. */
const ONE_WORKLOAD = WORKLOAD_KINDS.map(settingOf)
  .join(', ')
  .replace(/, (?=[^,]*$)/, ' or ');

/** What is rolled back: one thing. */
function targetFaults(service: ConfigFile['services'][string], at: readonly string[]): Fault[] {
  const { kubernetes, compose } = service;
  if (!kubernetes && !compose)
    return [{ path: [...at], message: 'kubernetes or compose: missing', atKey: true }];
  if (kubernetes && compose) {
    return [{ path: [...at, 'compose'], message: 'expected kubernetes or compose, not both', atKey: true }];
  }
  if (kubernetes) {
    const named = WORKLOAD_KINDS.map(settingOf).filter((setting) => kubernetes[setting] !== undefined);
    const [, second] = named;
    if (named.length === 0) {
      const message = `${ONE_WORKLOAD}: missing`;
      return [{ path: [...at, 'kubernetes'], message, atKey: true }];
    }
    if (second) {
      return [
        { path: [...at, 'kubernetes', second], message: `expected one of ${ONE_WORKLOAD}`, atKey: true },
      ];
    }
  }
  if (!compose) return [];
  const faults: Fault[] = [];
  if (compose.context !== undefined && compose.host !== undefined) {
    faults.push({ path: [...at, 'compose', 'host'], message: 'expected context or host, not both' });
  }
  if (compose.rollout.stableFor >= compose.rollout.deadline) {
    faults.push({
      path: [...at, 'compose', 'rollout', 'stableFor'],
      message: 'can never pass: not under the deadline',
    });
  }
  return [...faults, ...clusterSecrets(service, [...at])];
}

/** A Compose host has no cluster whose Secrets could be read. */
function clusterSecrets(value: unknown, path: readonly PropertyKey[]): Fault[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'kubernetesSecret' && inner !== undefined
      ? [{ path: [...path, key], message: 'no cluster to read it from: use env or file', atKey: true }]
      : clusterSecrets(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
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
