import { asList, isMapping, type Mapping, type Value } from './value.ts';

/** Namespaces of another service: `network_mode: service:db`. */
const NAMESPACES = ['network_mode', 'ipc', 'pid', 'uts', 'cgroup'];

/**
 * True when Compose starts `name` before the service with this definition: `depends_on`, and what counts as much
 * (compose-go, loader/normalize.go).
 */
export function dependsOn(name: string, definition: Mapping): boolean {
  const { depends_on: declared, links, volumes_from: volumes } = definition;
  return (
    (isMapping(declared) && Object.hasOwn(declared, name)) ||
    NAMESPACES.some((key) => Object.hasOwn(definition, key) && definition[key] === `service:${name}`) ||
    [...asList(links), ...asList(volumes)].some((item) => firstPart(item) === name)
  );
}

function firstPart(item: Value): string | undefined {
  return typeof item === 'string' ? item.split(':')[0] : undefined;
}
