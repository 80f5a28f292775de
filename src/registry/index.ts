export { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
export { credentialsInConfig } from './login/config-credentials.ts';
export {
  noCredentials,
  type RegistryCredentialSource,
  type RegistryCredentials,
} from './login/credentials.ts';
export { type DockerCredentialsOptions, dockerCredentials, loginIn } from './login/docker-credentials.ts';
export type { ManifestDescriptor } from './manifests.ts';
export { originOf } from './name/address.ts';
export { DOCKER_HUB } from './name/docker-hub.ts';
export { isRecord, parseJson } from './name/json.ts';
export {
  isDigest,
  isTag,
  parseReference,
  type RegistryImage,
  type RegistryRepository,
} from './name/reference.ts';
export type { TagList } from './tags.ts';
