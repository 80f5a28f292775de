import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';

/** temporal.api.enums.v1.IndexedValueType: a keyword. */
const KEYWORD = 2;

/**
 * Makes sure that the namespace knows the runbook's search attributes: an unknown one would stop every workflow.
 * Missing ones are created; where that is not allowed, runs do without and the caller is told.
 * @returns whether runs may use them, and a sentence when they may not.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<{ readonly usable: boolean; readonly problem?: string }> {
  const { operatorService } = connection;
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = wanted.filter((name) => customAttributes?.[name] === undefined);
    if (missing.length === 0) return { usable: true };
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
    return { usable: true };
  } catch (error) {
    const commands = wanted.map(
      (name) => `temporal operator search-attribute create --name ${name} --type Keyword`,
    );
    return {
      usable: false,
      problem: `runs are not searchable (${(error as Error).message}); to change that: ${commands.join('; ')}`,
    };
  }
}
