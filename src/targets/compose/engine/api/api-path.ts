import { COMPOSE_LABEL, type ServiceName } from '../objects/compose-labels.ts';

/**
 * Paths of the engine's HTTP API, without a version: every engine takes its own then, and an old one is not asked for
 * what it does not know.
 */
export const INFO_PATH = '/info';
export const VERSION_PATH = '/version';

/** All containers that run, of whatever project. */
export const RUNNING_PATH = '/containers/json';

/** All containers of a service, stopped ones too; those of `compose run` are not meant. */
export function containersPath({ project, service }: ServiceName): string {
  const label = [
    `${COMPOSE_LABEL.project}=${project}`,
    `${COMPOSE_LABEL.service}=${service}`,
    `${COMPOSE_LABEL.oneOff}=False`,
  ];
  return `/containers/json?${new URLSearchParams({ all: '1', filters: JSON.stringify({ label }) })}`;
}

/** All containers of services of this name, in whatever project. */
export function namesakesPath(service: string): string {
  const label = [`${COMPOSE_LABEL.service}=${service}`, `${COMPOSE_LABEL.oneOff}=False`];
  return `/containers/json?${new URLSearchParams({ all: '1', filters: JSON.stringify({ label }) })}`;
}

export function containerPath(id: string): string {
  return `/containers/${encodeURIComponent(id)}/json`;
}

/** A file of a container, in an archive. */
export function filePath(id: string, path: string): string {
  return `/containers/${encodeURIComponent(id)}/archive?${new URLSearchParams({ path })}`;
}

/** The images of a repository, in all of their tags. */
export function imagesPath(repository: string): string {
  const filters = JSON.stringify({ reference: [repository] });
  return `/images/json?${new URLSearchParams({ filters })}`;
}

/** @param reference with host, port, tag or digest, or an ID: its slashes are part of the path, everything else is a name. */
export function imagePath(reference: string): string {
  return `/images/${reference.split('/').map(encodeURIComponent).join('/')}/json`;
}
