import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { Container } from '../engine/objects/containers.ts';

type Raw = Readonly<Record<string, unknown>>;
type Running = Pick<Container, 'name' | 'mounts' | 'networks' | 'networkMode'>;

/**
 * What the files say of the service by now and the container was not started with, beside its variables: mounts, networks,
 * and whatever else Compose's own hash sees. Paths and names, no values. Pure.
 * @param hashes Compose's over the files, and the one on the container; where they can be compared.
 */
export function differencesOf(
  container: Running,
  resolved: Pick<ResolvedService, 'definition' | 'networkNames' | 'volumeNames'>,
  hashes?: { readonly files: string; readonly container: string },
): readonly string[] {
  const mounts = mountDifferences(container, resolved);
  const networks = networkDifferences(container, resolved);
  const lines = [
    ...(mounts.length > 0 ? [`the container was started with other mounts at ${mounts.join(', ')}`] : []),
    ...(networks.length > 0 ? [`the container was started in other networks: ${networks.join(', ')}`] : []),
  ];
  if (lines.length > 0 || hashes === undefined || hashes.files === hashes.container) return lines;
  return [
    `the files say something else of the service than ${container.name} was started with (docker compose config --hash): its next up makes it anew`,
  ];
}

/** Places in the container where the files mount something else than it has. */
function mountDifferences(
  { mounts }: Running,
  { definition, volumeNames }: Pick<ResolvedService, 'definition' | 'volumeNames'>,
): readonly string[] {
  const wanted = new Map(
    rawList(definition.volumes).flatMap((one) => {
      const from = one.type === 'volume' ? volumeNames[String(one.source)] : one.source;
      const isNamed = (one.type === 'bind' || one.type === 'volume') && typeof from === 'string';
      return isNamed && typeof one.target === 'string' ? [[one.target, from] as const] : [];
    }),
  );
  const found = new Map(
    mounts.filter(({ kind }) => kind !== 'other').map(({ from, to }) => [to, from] as const),
  );
  const changed = [...wanted].flatMap(([to, from]) => (found.get(to) === from ? [] : to));
  // Others come from the image, from secrets and configs, or from other containers.
  const places = new Set([
    ...rawList(definition.volumes).map(({ target }) => target),
    ...filePlaces(definition),
  ]);
  const isForeign = definition.volumes_from !== undefined;
  const more = mounts.filter(
    ({ kind, from, to }) => kind !== 'other' && !places.has(to) && !isForeign && !/^[0-9a-f]{64}$/.test(from),
  );
  return [...changed, ...more.map(({ to }) => to)].sort();
}

/** Where configs and secrets are put that are files. */
function filePlaces({ configs, secrets }: Raw): readonly string[] {
  const place = (one: Raw, folder: string) => {
    const target = String(one.target ?? one.source);
    return target.startsWith('/') ? target : `${folder}${target}`;
  };
  return [
    ...rawList(configs).map((one) => place(one, '/')),
    ...rawList(secrets).map((one) => place(one, '/run/secrets/')),
  ];
}

function networkDifferences(
  { networks, networkMode }: Running,
  { definition, networkNames }: Pick<ResolvedService, 'definition' | 'networkNames'>,
): readonly string[] {
  const { network_mode: mode } = definition;
  if (typeof mode === 'string') {
    // Another container's is known by its ID, and looked after elsewhere.
    const isOwn = /^(host|none|bridge)$/.test(mode);
    return isOwn && mode !== networkMode ? [`${networkMode} instead of ${mode}`] : [];
  }
  const keys = Object.keys((definition.networks ?? {}) as Raw);
  if (keys.length === 0) return [];
  const wanted = keys.map((key) => networkNames[key] ?? key);
  return [
    ...wanted.filter((name) => !networks.includes(name)).map((name) => `not in ${name}`),
    ...networks.filter((name) => !wanted.includes(name)).map((name) => `in ${name}`),
  ];
}

function rawList(value: unknown): readonly Raw[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}
