import { within } from '../files/project-files.ts';
import { parseEnvFile } from '../text/env-file.ts';

/** A path of the project that is mounted. */
export interface ProjectMount {
  /** Seen from the project folder. */
  readonly source: string;
  /** In the container. */
  readonly target: string;
}

/** What of the project folder is mounted into the container of a service, file or folder. */
export function mountsOf(definition: unknown): readonly ProjectMount[] {
  return listIn(definition, 'volumes').flatMap((item) => {
    const [source, target] = typeof item === 'string' ? item.split(':') : longForm(item);
    if (!source || !target) return [];
    const path = within('.', source);
    return /^(\.\.(\/|$)|\/|~)/.test(path) ? [] : [{ source: path, target }];
  });
}

function longForm(item: unknown): readonly string[] {
  const { type, source, target } = (item ?? {}) as Readonly<Record<string, unknown>>;
  return type === 'bind' && typeof source === 'string' && typeof target === 'string' ? [source, target] : [];
}

/** Where Compose puts a config or secret (compose-spec, 08-configs.md, 09-secrets.md). */
export function placeOf(definition: unknown, kind: 'configs' | 'secrets', name: string): string {
  const uses = listIn(definition, kind) as readonly {
    readonly source?: unknown;
    readonly target?: unknown;
  }[];
  const target = String(uses.find((one) => one?.source === name)?.target ?? name);
  return target.startsWith('/') ? target : `${kind === 'configs' ? '/' : '/run/secrets/'}${target}`;
}

/** A variable of a container. */
export interface ContainerVariable {
  readonly value: string;
  /** False: Compose makes another value of it, of variables in it. */
  readonly isPlain: boolean;
}

/**
 * The variables that a service gives its container, later env files over earlier ones and its own over all, as far as they can be read
 * without Compose.
 * @param textOf a file of the project; nothing for one that is not there.
 */
export function variablesOfService(
  definition: unknown,
  textOf: (path: string) => string | undefined,
): ReadonlyMap<string, ContainerVariable> {
  const found = new Map<string, ContainerVariable>();
  for (const item of listIn(definition, 'env_file')) {
    const { path } = (item ?? {}) as { readonly path?: unknown };
    for (const { name, value } of typeof path === 'string' ? assignmentsIn(path, textOf(path) ?? '') : []) {
      found.set(name, { value, isPlain: !value.includes('$') });
    }
  }
  const { environment = {} } = definition as { readonly environment?: Readonly<Record<string, unknown>> };
  for (const [name, value] of Object.entries(environment)) {
    if (typeof value === 'string') found.set(name, { value, isPlain: true });
  }
  return found;
}

/** None of a file that Compose reads otherwise (`format: raw`), or refuses. */
function assignmentsIn(
  path: string,
  text: string,
): readonly { readonly name: string; readonly value: string }[] {
  try {
    return parseEnvFile(path, text);
  } catch {
    return [];
  }
}

function listIn(definition: unknown, key: string): readonly unknown[] {
  const value = (definition as Readonly<Record<string, unknown>>)[key];
  return Array.isArray(value) ? value : [];
}
