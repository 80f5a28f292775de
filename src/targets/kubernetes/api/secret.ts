import { RunbookError } from '../../../domain/errors.ts';
import type { KubernetesProfile } from '../../../domain/request/profile.ts';
import { asRunbookError, isStatus } from './api-error.ts';
import type { Environment } from './kubeconfig/files.ts';
import { leaseTransport } from './shared-transport.ts';

/** Which key of which Secret. */
export interface SecretKey {
  /** The profile's namespace when it is missing. */
  readonly namespace?: string;
  readonly name: string;
  readonly key: string;
}

/**
 * Reads one key of a Secret with the credentials of the profile. The value is returned and never kept, logged or
 * put into an error.
 * @throws RunbookError `SecretUnavailable` when Secret or key are missing or empty, `AccessDenied`, `Unreachable`.
 */
export async function readSecretKey(
  profile: KubernetesProfile,
  { namespace = profile.namespace, name, key }: SecretKey,
  signal: AbortSignal,
  env: Environment = process.env,
): Promise<string> {
  const lease = leaseTransport(profile, env);
  const missing = (what: string) =>
    new RunbookError('SecretUnavailable', `secret/${name} in namespace ${namespace} ${what}`);
  try {
    const secret = await lease.transport.get<{ data?: Record<string, string> }>(
      { resource: 'secrets', namespace, name },
      signal,
    );
    const value = Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
    if (value === '') throw missing(`has no key "${key}", or it is empty`);
    return value;
  } catch (error) {
    throw isStatus(error, 404) ? missing('does not exist') : asRunbookError(error);
  } finally {
    await lease.release();
  }
}
