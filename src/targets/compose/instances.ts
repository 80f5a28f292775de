import type { Instance } from '../../domain/pins.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import type { Container } from './engine/containers.ts';

/**
 * The running containers as the checks ask them. Where they answer: the configured address, the engine's host for
 * containers in its network, else their own address.
 */
export function instancesOf(
  containers: readonly Container[],
  { address, host }: Pick<ComposeProfile, 'address' | 'host'>,
  env: Readonly<Record<string, string | undefined>>,
): readonly Instance[] {
  const engine = engineHost(host ?? env.DOCKER_HOST);
  return containers
    .filter(({ running }) => running)
    .map((container) => ({
      name: container.name,
      uid: container.id,
      address: address ?? (container.networkMode === 'host' ? engine : (container.address ?? engine)),
      restarts: container.restarts,
      startedAt: container.startedAt,
    }));
}

/** Host of `tcp://host:port` and `ssh://user@host`; a socket is this machine. */
function engineHost(address: string | undefined): string {
  const url = address && URL.canParse(address) ? new URL(address) : undefined;
  return url?.hostname || '127.0.0.1';
}
