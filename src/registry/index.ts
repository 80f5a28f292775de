export { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './client.ts';
export { noCredentials, type RegistryCredentialSource, type RegistryCredentials } from './credentials.ts';
export { type DockerCredentialsOptions, dockerCredentials } from './docker-credentials.ts';
export type { ManifestDescriptor } from './manifests.ts';
export { isDigest, isTag, parseReference, type RegistryImage, type RegistryRepository } from './reference.ts';
export type { TagList } from './tags.ts';
