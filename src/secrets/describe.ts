import type { SecretReference } from '../domain/request/profile.ts';

/** A reference in words: `the environment variable ORCH_API_TOKEN`. Never the value. */
export function describeSecret(reference: SecretReference): string {
  if ('env' in reference) return `the environment variable ${reference.env}`;
  if ('file' in reference) return `the file ${reference.file}`;
  const { namespace, name, key } = reference.kubernetesSecret;
  return `the key ${key} of the Secret ${namespace ? `${namespace}/` : ''}${name}`;
}
