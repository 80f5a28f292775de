import { readFile } from '../../src/settings/read/read-file.ts';
import type { ReadFile } from '../../src/settings/setting.ts';

/** A key of a ConfigMap, read. */
export function configFile(
  key: string,
  content: string | Uint8Array,
  object = 'configmap/app-config',
): ReadFile {
  return readFile({ object, key, content, secret: false });
}

/** A key of a Secret, read. */
export function secretFile(key: string, content: string | Uint8Array, object = 'secret/llm-keys'): ReadFile {
  return readFile({ object, key, content, secret: true });
}
