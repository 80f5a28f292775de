import { RunbookError } from '../../../../domain/errors.ts';
import { capped } from '../api-error.ts';
import type { KubeconfigUser } from './schema.ts';

/** The token of an identity provider (`auth-provider: oidc`), renewed where it has expired, by client-node. */
export async function oidcToken(
  userName: string,
  provider: NonNullable<KubeconfigUser['auth-provider']>,
): Promise<string | undefined> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const cluster = { name: 'any', server: 'https://any.invalid', skipTLSVerify: false };
  config.loadFromClusterAndUser(cluster, { name: userName, authProvider: provider });
  const options: { headers?: Record<string, unknown> } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(options as Parameters<typeof config.applyToHTTPSOptions>[0]);
  } catch (error) {
    const problem = capped(error instanceof Error ? error.message : String(error), 300);
    throw new RunbookError(
      'Unreachable',
      `no token of the identity provider for user "${userName}": ${problem}`,
    );
  }
  const header = options.headers?.Authorization;
  return typeof header === 'string' ? header.replace(/^Bearer /, '') : undefined;
}
