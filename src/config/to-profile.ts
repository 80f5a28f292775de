import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { CHECK_IDS } from '../domain/checks.ts';
import type { NotifierSettings, SecretReference, ServiceProfile, TargetProfile } from '../domain/profile.ts';
import type { ServiceEntry } from './schema.ts';
import { toPolicy } from './to-policy.ts';

type Policy = { readonly every: number; readonly within: number; readonly timeout: number };

/** The profile of an entry. Relative paths count from `folder`; `written` is the entry as the file has it. */
export function toProfile(
  name: string,
  entry: ServiceEntry,
  written: unknown,
  folder: string,
): ServiceProfile {
  const { checks, required, auth } = entry;
  const secret = (reference: ServiceSecret) => secretOf(reference, folder);
  return {
    name,
    environment: entry.environment,
    target: targetOf(entry, folder),
    endpoint: entry.endpoint,
    auth: auth.mode === 'none' ? auth : { ...auth, secret: secret(auth.secret) },
    checks: {
      ...(checks.health && { health: defined(timed(checks.health)) }),
      ...(checks.chat && { chat: timed(checks.chat) }),
      ...(checks.agents && { agents: defined(timed(checks.agents)) }),
      ...(checks.metrics && { metrics: defined(timed(checks.metrics)) }),
    },
    required: required ?? CHECK_IDS.filter((id) => checks[id] !== false),
    notify: notifiersOf(entry.notify, secret),
    policy: toPolicy(entry),
    hash: hashOf(written),
  };
}

/** The cross-checks have made sure that there is exactly one of them. */
function targetOf({ kubernetes, compose }: ServiceEntry, folder: string): TargetProfile {
  if (compose) return composeOf(compose, folder);
  const { kubeconfig, context, namespace, deployment, container, rollout } = kubernetes as NonNullable<
    typeof kubernetes
  >;
  return {
    kind: 'kubernetes',
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(folder, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
    namespace,
    deployment,
    container: container ?? deployment,
    rollout: { deadlineMs: rollout.deadline, crashLoopRestarts: rollout.crashLoopRestarts },
  };
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

type ServiceSecret = NonNullable<ServiceEntry['notify'][number]['slack']>['url'];

function secretOf({ env, file, kubernetesSecret }: ServiceSecret, folder: string): SecretReference {
  if (env !== undefined) return { env };
  if (file !== undefined) return { file: resolve(folder, file) };
  return { kubernetesSecret: defined(kubernetesSecret as NonNullable<typeof kubernetesSecret>) };
}

function notifiersOf(
  entries: ServiceEntry['notify'],
  secret: (reference: ServiceSecret) => SecretReference,
): readonly NotifierSettings[] {
  const count = { slack: 0, webhook: 0 };
  const nameOf = (kind: 'slack' | 'webhook', name: string | undefined) => {
    count[kind] += 1;
    return name ?? (count[kind] === 1 ? kind : `${kind}-${count[kind]}`);
  };
  return entries.map(({ slack, webhook }): NotifierSettings => {
    if (slack) {
      const { url, timeout } = slack;
      return { kind: 'slack', name: nameOf('slack', slack.name), url: secret(url), timeoutMs: timeout };
    }
    const { name, url, timeout, signingSecret } = webhook as NonNullable<typeof webhook>;
    return {
      kind: 'webhook',
      name: nameOf('webhook', name),
      url: secret(url),
      ...(signingSecret ? { signingSecret: secret(signingSecret) } : {}),
      timeoutMs: timeout,
    };
  });
}

function timed<T extends Policy>({ every, within, timeout, ...settings }: T) {
  return { ...settings, everyMs: every, withinMs: within, timeoutMs: timeout };
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
