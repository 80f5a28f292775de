import { asList, isMapping, type Mapping, type Value } from '../text/value.ts';

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

/** Namespaces that Compose can take from another service's container. */
const SHARED = ['network_mode', 'ipc', 'pid'];

/**
 * Services whose containers are bound to that of `name`, in this order: by a namespace (`network_mode: service:name`) or by
 * `volumes_from`, or to one that is bound so. Where the container is made anew they are left with one that is gone.
 */
export function boundTo(name: string, services: ReadonlyMap<string, Mapping>): readonly string[] {
  const found = [name];
  // Those that are found are looked at in turn.
  for (const to of found) {
    const next = [...services].filter(
      ([other, definition]) => !found.includes(other) && isBound(to, definition),
    );
    found.push(...next.map(([other]) => other));
  }
  return found.slice(1);
}

function isBound(to: string, definition: Mapping): boolean {
  return (
    SHARED.some((key) => Object.hasOwn(definition, key) && definition[key] === `service:${to}`) ||
    asList(definition.volumes_from).some((item) => firstPart(item) === to)
  );
}

function firstPart(item: Value): string | undefined {
  return typeof item === 'string' ? item.split(':')[0] : undefined;
}
