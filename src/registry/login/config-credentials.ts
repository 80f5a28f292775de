import { isRecord, parseJson } from '../name/json.ts';
import type { RegistryCredentialSource, RegistryCredentials } from './credentials.ts';
import { loginFor } from './docker-config.ts';
import { credentialsOf } from './docker-credentials.ts';

/**
 * The credentials of a Docker configuration that was read elsewhere, such as a pull secret. Credential helpers that it names
 * are not run: it is no file of the worker's own.
 */
export function credentialsInConfig(text: string): RegistryCredentialSource {
  const config = parseJson(text);
  return {
    async find(registry) {
      if (!isRecord(config)) {
        return { kind: 'anonymous', problem: 'what stands for a Docker configuration is not a JSON object' };
      }
      const { entry } = loginFor(config, registry);
      return (entry && (credentialsOf(entry) ?? inWords(entry))) ?? { kind: 'anonymous' };
    },
  };
}

/** Pull secrets may have name and password each by itself. */
function inWords({ username, password }: Readonly<Record<string, unknown>>): RegistryCredentials | undefined {
  const isWhole = typeof username === 'string' && typeof password === 'string' && username !== '';
  return isWhole ? { kind: 'password', username, password } : undefined;
}
