import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { Instance } from '../../../domain/versions/pins.ts';
import type { Container } from '../engine/objects/containers.ts';

/**
 * The running containers as the checks ask them. Where they answer: the configured address; on an engine of this machine
 * a container in the host's network on loopback, another one on its own address; on a remote engine the engine's host,
 * where ports are published.
 * @param endpoint of the engine: `unix:///var/run/docker.sock`, `ssh://ada@host`.
 */
export function instancesOf(
  containers: readonly Container[],
  { address }: Pick<ComposeProfile, 'address'>,
  endpoint: string,
): readonly Instance[] {
  const remote = remoteHost(endpoint);
  const placeOf = ({ networkMode, address: own }: Container) =>
    remote ?? (networkMode === 'host' ? LOOPBACK : (own ?? LOOPBACK));
  return containers
    .filter(({ running }) => running)
    .map((container) => ({
      name: container.name,
      uid: container.id,
      address: address ?? placeOf(container),
      restarts: container.restarts,
      startedAt: container.startedAt,
    }));
}

const LOOPBACK = '127.0.0.1';

/** Host of `tcp://host:port` and `ssh://user@host`; a socket or pipe is this machine. */
function remoteHost(endpoint: string): string | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  return url?.hostname || undefined;
}
