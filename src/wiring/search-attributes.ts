import type { NativeConnection } from '@temporalio/worker';
import {
  SEARCH_ATTRIBUTES,
  type SearchAttribute,
  type UsableAttributes,
} from '../domain/request/search-attributes.ts';

/** temporal.api.enums.v1.IndexedValueType: a keyword. */
const KEYWORD = 2;
/** The others by their names, for people. */
const TYPES = ['Unspecified', 'Text', 'Keyword', 'Int', 'Double', 'Bool', 'Datetime', 'KeywordList'];

/** How often the namespace is looked at: attributes can be taken away under a running worker. */
const AGAIN_MS = 30_000;

/** What runs of this worker may index, as the namespace is now. */
export interface AttributeWatch {
  usable(): UsableAttributes;
  stop(): void;
}

/**
 * Keeps the namespace's search attributes usable: an unknown one, or one of another type, would stop every workflow that
 * writes it. Missing ones are created, also later; those of another type are left alone, and runs do not write them. What
 * is not as it should be is told once.
 */
export async function watchSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  {
    log,
    everyMs = AGAIN_MS,
  }: { readonly log: (line: string) => void; readonly everyMs?: number | undefined },
): Promise<AttributeWatch> {
  let usable: UsableAttributes = { any: false, leftOut: [] };
  let told = '';
  const refresh = async () => {
    const found = await ensureSearchAttributes(connection, namespace);
    usable = found.usable;
    const problem = found.problem ?? '';
    if (problem && problem !== told) log(problem);
    told = problem;
  };
  await refresh();
  const timer = setInterval(refresh, everyMs);
  timer.unref();
  return { usable: () => usable, stop: () => clearInterval(timer) };
}

/**
 * Creates what is missing, and says which attributes runs may write.
 * @returns a sentence when they are not all usable.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<{ readonly usable: UsableAttributes; readonly problem?: string }> {
  const { operatorService } = connection;
  const wanted = Object.entries(SEARCH_ATTRIBUTES) as [SearchAttribute, string][];
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = wanted.filter(([, name]) => customAttributes?.[name] === undefined);
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing.map(([, name]) => [name, KEYWORD]));
      await operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    const wrong = wanted.filter(([, name]) => (customAttributes?.[name] ?? KEYWORD) !== KEYWORD);
    const usable = { any: wrong.length < wanted.length, leftOut: wrong.map(([attribute]) => attribute) };
    if (wrong.length === 0) return { usable };
    const types = wrong.map(
      ([, name]) => `${name} is ${TYPES[customAttributes?.[name] ?? 0] ?? 'of an unknown type'}`,
    );
    const commands = wrong.map(
      ([, name]) =>
        `temporal operator search-attribute remove --name ${name}, then create --name ${name} --type Keyword`,
    );
    return {
      usable,
      problem: `search attributes of namespace ${namespace} have another type than Keyword, and runs do not write them (${types.join(', ')}); to change that: ${commands.join('; ')}`,
    };
  } catch (error) {
    const commands = wanted.map(
      ([, name]) => `temporal operator search-attribute create --name ${name} --type Keyword`,
    );
    return {
      usable: { any: false, leftOut: [] },
      problem: `runs are not searchable (${(error as Error).message}); to change that: ${commands.join('; ')}`,
    };
  }
}
