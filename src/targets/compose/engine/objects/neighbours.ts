import { parseContainers, parseListed } from './containers.ts';

/** A running container of whatever project, as far as it tells what it does to others. */
export interface Neighbour {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
  /** Its variables. They hold secrets: for looking up options, never to be shown. */
  readonly environment: Readonly<Record<string, string>>;
}

/** IDs of listed containers that may be neighbours of interest: programs for other containers, and tasks of Swarm. */
export function ofInterest(listed: unknown): readonly string[] {
  return (Array.isArray(listed) ? listed : []).flatMap((one) => {
    const { Id, Image } = (one ?? {}) as Readonly<Record<string, unknown>>;
    const [{ labels } = { labels: {} }] = parseListed([one]);
    const isMeant =
      /watchtower|ouroboros|whats-up-docker|\bwud\b|\bdiun\b/.test(String(Image)) ||
      Object.hasOwn(labels, 'com.docker.swarm.service.name');
    return isMeant && typeof Id === 'string' ? [Id] : [];
  });
}

/** Reads what the engine answers of containers. */
export function parseNeighbours(inspected: readonly unknown[]): readonly Neighbour[] {
  return inspected.flatMap((raw) => {
    const [container] = parseContainers([raw]);
    if (!container) return [];
    const { Args } = raw as { readonly Args?: unknown };
    const { name, image, labels, environment } = container;
    const args = Array.isArray(Args) ? Args.filter((one) => typeof one === 'string') : [];
    return [{ name, image, labels, environment, arguments: args }];
  });
}
