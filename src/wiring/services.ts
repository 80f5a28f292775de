import type { Dependencies, PreparedService } from '../activities/dependencies.ts';
import { createChecks } from '../checks/create-checks.ts';
import { runAddress } from '../client/ui-address.ts';
import type { RunbookConfig, ServiceProfile } from '../config/profile.ts';
import { RunbookError } from '../domain/errors.ts';
import type { SecretReference } from '../domain/request/profile.ts';
import { createNotifiers } from '../notifiers/create-notifiers.ts';
import { createPreconditions } from '../preconditions/create-preconditions.ts';
import { writeRecord } from '../report/write-record.ts';
import { createSecretResolver } from '../secrets/index.ts';
import { reachPrometheus } from '../signals/prometheus/index.ts';
import { createServiceSignals } from '../signals/service-signals.ts';
import { createComposeTarget } from '../targets/compose/index.ts';
import { createKubernetesTarget, readSecretKey } from '../targets/kubernetes/index.ts';
import { type CheckedService, checkServices } from './start-checks.ts';

export interface PrepareOptions {
  readonly config: RunbookConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly namespace: string;
  readonly ui?: string;
}

/** Dependencies of the activities, and how they are let go. */
export interface Prepared {
  readonly dependencies: Dependencies;
  /** Looks at the profiles before the first run: see `checkServices`. */
  check(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Builds target, checks and notifiers of every profile. Nothing is opened before it is used. */
export function prepareDependencies(
  options: PrepareOptions,
  searchAttributes: Dependencies['searchAttributes'],
): Prepared {
  const { config, env, namespace, ui } = options;
  const services = new Map(
    Object.values(config.services).map((profile) => [
      profile.name,
      withPreconditions(prepareService(profile, env), env),
    ]),
  );
  return {
    dependencies: {
      config,
      searchAttributes,
      service(name) {
        const service = services.get(name);
        if (service) return service;
        throw new RunbookError(
          'ServiceNotConfigured',
          `the service ${name} is not configured on this worker`,
        );
      },
      writeRecord: (report) => writeRecord(config.records, report),
      link: (workflowId, runId) => runAddress(ui, namespace, workflowId, runId),
    },
    check: () => checkServices([...services.values()]),
    async close() {
      await Promise.all([...services.values()].map(({ target }) => target.close()));
    },
  };
}

/** The same with what has to hold before a rollback, where the profile says so. */
function withPreconditions<S extends PreparedService & CheckedService>(
  service: S,
  env: PrepareOptions['env'],
): S & Pick<PreparedService, 'preconditions'> {
  const { profile, secrets, target } = service;
  const { name, environment, preconditions, prometheus } = profile;
  if (!preconditions) return service;
  const surroundings = {
    service: name,
    environment,
    target,
    env,
    resolve: (reference: SecretReference, signal: AbortSignal) => secrets.resolve(reference, signal),
    now: Date.now,
    ...(prometheus
      ? { reachPrometheus: (signal: AbortSignal) => reachPrometheus(prometheus, secrets, signal) }
      : {}),
  };
  return { ...service, preconditions: createPreconditions(preconditions, surroundings) };
}

function prepareService(
  profile: ServiceProfile,
  env: PrepareOptions['env'],
): PreparedService & CheckedService {
  type SecretKey = Extract<SecretReference, { kubernetesSecret: unknown }>['kubernetesSecret'];
  const { target, signingKey, keepsSecrets, configPolicy, repositories, masked, critical, signals } = profile;
  const secrets = createSecretResolver({
    env,
    ...(target.kind === 'kubernetes'
      ? {
          readKubernetesSecret: (reference: SecretKey, signal: AbortSignal) =>
            readSecretKey(target, reference, signal, env),
        }
      : {}),
  });
  const evidenceKey = signingKey && ((signal: AbortSignal) => secrets.resolve(signingKey, signal));
  return {
    profile,
    secrets,
    target:
      target.kind === 'kubernetes'
        ? createKubernetesTarget(target, {
            service: profile.name,
            evidenceKey,
            keepsSecrets,
            configPolicy,
            repositories,
            masked,
            critical,
            env,
          })
        : createComposeTarget(target, { env, evidenceKey, keepsSecrets, repositories, critical, masked }),
    checks: createChecks(profile, (reference, signal) => secrets.resolve(reference, signal)),
    ...(signals ? { signals: createServiceSignals({ ...profile, signals }, secrets, env) } : {}),
    notifiers: createNotifiers(profile.notify, secrets),
  };
}
