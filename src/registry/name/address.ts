import { isRepository, type RegistryRepository } from './reference.ts';

/** Where a registry is asked: over https, and over plain HTTP on this machine only, as Docker does by default. */
export function originOf(registry: string): URL {
  const secure = new URL(`https://${registry}/`);
  return isLoopback(secure) ? new URL(`http://${registry}/`) : secure;
}

/**
 * The address of something of a repository, such as `tags/list`.
 * @throws TypeError for what is no name of a repository: it could lead anywhere.
 */
export function repositoryAddress({ registry, repository }: RegistryRepository, path: string): URL {
  if (!isRepository(repository)) throw new TypeError('no name of a repository');
  return new URL(`/v2/${repository}/${path}`, originOf(registry));
}

/**
 * Where a registry sends a client: a token server, or the place of a blob.
 * @returns undefined when nobody should go there: over plain HTTP, unless both are on this machine, or with a
 * password in the address.
 */
export function safeAddress(text: string, from: URL): URL | undefined {
  if (!URL.canParse(text, from.href)) return undefined;
  const url = new URL(text, from.href);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  const isOurs = url.protocol === 'http:' && from.protocol === 'http:' && isLoopback(url);
  return isOurs ? url : undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
