import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { CHECK_IDS } from '../domain/proof/checks.ts';
import type { ConfigPolicy, TargetProfile } from '../domain/request/profile.ts';
import { settingOf, WORKLOAD_KINDS } from '../domain/workload-kind.ts';
import { rulesThatHold } from '../settings/rules/that-hold.ts';
import { signalsProfile } from '../signals/profile.ts';
import { toPolicy } from './policy/to-policy.ts';
import type { ServiceProfile } from './profile.ts';
import type { ServiceEntry } from './schema.ts';
import { checksOf } from './sections/checks.ts';
import { notifiersOf } from './sections/notify.ts';
import { preconditionsOf } from './sections/preconditions.ts';

/** The profile of an entry. Relative paths count from `folder`; `written` is the entry as the file has it. */
export function toProfile(
  name: string,
  entry: ServiceEntry,
  written: unknown,
  folder: string,
): ServiceProfile {
  const { checks, required, auth, notify, evidence, diff, preconditions } = entry;
  const { signingKey } = withWholePaths(evidence, folder);
  // The orchestrator is told by its interface: no other service answers chats, or has agents to list (service contract, 2.2).
  const critical = rulesThatHold(entry.config.critical, checks.chat !== false || checks.agents !== false);
  return {
    name,
    environment: entry.environment,
    target: targetOf(entry, folder),
    endpoint: entry.endpoint,
    auth: withWholePaths(auth, folder),
    checks: withWholePaths(checksOf(checks), folder),
    required: required ?? CHECK_IDS.filter((id) => checks[id] !== false),
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(entry.repositories === undefined ? {} : { repositories: entry.repositories }),
    ...(entry.config.secrets === 'keep' ? { keepsSecrets: true } : {}),
    ...(entry.config.restore === 'in-place' ? { configPolicy: configOf(entry.config) } : {}),
    ...(critical ? { critical } : {}),
    ...(entry.signals ? { signals: signalsProfile(entry.signals, checksOf(checks), folder) } : {}),
    ...(entry.prometheus ? { prometheus: withWholePaths(entry.prometheus, folder) } : {}),
    ...(diff.mask.length > 0 ? { masked: diff.mask } : {}),
    notify: withWholePaths(notifiersOf(notify), folder),
    ...(preconditions === undefined
      ? {}
      : { preconditions: withWholePaths(preconditionsOf(preconditions), folder) }),
    policy: toPolicy(entry),
    startWithinMs: entry.startWithin,
    hash: hashOf(written),
  };
}

function configOf({ restore, shared, managed }: ServiceEntry['config']): ConfigPolicy {
  return { restore, shared, managed };
}

/** The cross-checks have made sure that there is exactly one of them. */
function targetOf({ kubernetes, compose }: ServiceEntry, folder: string): TargetProfile {
  if (compose) return composeOf(compose, folder);
  const { kubeconfig, context, namespace, container, pin, rollout } = kubernetes as NonNullable<
    typeof kubernetes
  >;
  const workload = nameIn(kubernetes as NonNullable<typeof kubernetes>);
  return {
    kind: 'kubernetes',
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(folder, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    namespace,
    ...workload,
    container: container ?? Object.values(workload)[0] ?? '',
    pin,
    rollout: { deadlineMs: rollout.deadline, crashLoopRestarts: rollout.crashLoopRestarts },
  };
}

/** The setting that names the workload, with its name. */
function nameIn(kubernetes: NonNullable<ServiceEntry['kubernetes']>): Partial<Record<string, string>> {
  return Object.fromEntries(
    WORKLOAD_KINDS.map(settingOf).flatMap((setting) => {
      const name = kubernetes[setting];
      return name === undefined ? [] : [[setting, name]];
    }),
  );
}

function composeOf(
  { directory, pullTimeout, rollout, ...rest }: NonNullable<ServiceEntry['compose']>,
  folder: string,
): TargetProfile {
  const { deadline, crashLoopRestarts, stableFor } = rollout;
  return {
    kind: 'compose',
    ...defined(rest),
    directory: resolve(folder, directory),
    pullTimeoutMs: pullTimeout,
    rollout: { deadlineMs: deadline, crashLoopRestarts, stableForMs: stableFor },
  };
}

/** The same, with each reference to a file, at whatever depth, as a whole path. */
function withWholePaths<T>(value: T, folder: string): T {
  if (Array.isArray(value)) return value.map((item) => withWholePaths(item, folder)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const [[key, path] = [], ...others] = Object.entries(value);
  if (key === 'file' && others.length === 0) return { file: resolve(folder, String(path)) } as T;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withWholePaths(item, folder)]),
  ) as T;
}

type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** The same without keys that are undefined. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

/** First 12 digits of the SHA-256 over the entry as written, whatever the order of its keys. */
function hashOf(written: unknown): string {
  return createHash('sha256').update(canonical(written)).digest('hex').slice(0, 12);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
