/** Docker Hub has three names: in image references, over HTTP, and in Docker's own configuration. */
export const DOCKER_HUB = {
  /** In image references; `index.docker.io` is an old name of the same (distribution/reference, normalize.go). */
  names: ['docker.io', 'index.docker.io'],
  /** Where it answers the Distribution API. */
  host: 'registry-1.docker.io',
  /** Under which `docker login` keeps its credentials. */
  configKey: 'https://index.docker.io/v1/',
} as const;
