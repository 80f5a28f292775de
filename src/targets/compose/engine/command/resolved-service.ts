import { parse } from 'yaml';
import type { CommandResult } from './command.ts';

/** What Compose itself makes of one service. */
export interface ResolvedService {
  /** Name of the project; the old program does not tell. */
  readonly project?: string;
  readonly image: string | undefined;
  /** Variables with a value, those of env files included. They hold secrets: for comparing, never to be shown. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables of the files that have no value. */
  readonly unset: readonly string[];
  /** All that the service is, in Compose's long forms. It holds secrets. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** What the engine calls the networks and volumes of the project, by their names in the files. */
  readonly networkNames: Readonly<Record<string, string>>;
  readonly volumeNames: Readonly<Record<string, string>>;
}

/** Reads what `config` has printed. */
export function readResolved({ stdout, stderr }: CommandResult, service: string): ResolvedService {
  const resolved = parse(stdout, { maxAliasCount: -1 }) as {
    name?: unknown;
    networks?: unknown;
    volumes?: unknown;
    services?: Record<string, Readonly<Record<string, unknown>> | undefined>;
  } | null;
  const definition = resolved?.services?.[service] ?? {};
  const { image, environment } = definition;
  return {
    ...(typeof resolved?.name === 'string' ? { project: resolved.name } : {}),
    image: typeof image === 'string' ? image : undefined,
    environment: variablesOf(environment),
    unset: unsetVariables(stderr),
    definition,
    networkNames: namesOf(resolved?.networks),
    volumeNames: namesOf(resolved?.volumes),
  };
}

function namesOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((value ?? {}) as Record<string, { name?: unknown } | null>);
  return Object.fromEntries(
    entries.flatMap(([key, entry]) => (typeof entry?.name === 'string' ? [[key, entry.name]] : [])),
  );
}

/** Compose prints a mapping, and doubles every dollar sign so that its output can be read again. */
function variablesOf(environment: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((environment ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, String(value).replaceAll('$$', '$')]),
  );
}

/** Names of variables that Compose found no value for, in the words of both programs. */
function unsetVariables(stderr: string): readonly string[] {
  const names = [...stderr.matchAll(/The \\?"?(\w+)\\?"? variable is not set/g)].map(
    ([, name]) => name ?? '',
  );
  return [...new Set(names)];
}
