import { isDeepStrictEqual } from 'node:util';
import { type ComposeFile, parseComposeFile } from './compose-file.ts';
import { evaluate } from './evaluate.ts';
import { VisitBudget } from './mapping-entries.ts';
import { isMapping, type Value } from './value.ts';

/**
 * True when two states of a compose file say the same about everything but one service. Comments, quotes and the
 * order of keys make no difference; variables are compared by name. A state that cannot be read differs.
 */
export function sameButForService(a: string, b: string, service: string): boolean {
  if (a === b) return true;
  try {
    return isDeepStrictEqual(
      without(service, parseComposeFile('', a)),
      without(service, parseComposeFile('', b)),
    );
  } catch {
    return false;
  }
}

function without(service: string, file: ComposeFile): Value {
  const verbatim = { file, budget: new VisitBudget(), note: () => {} };
  const root = evaluate(file.root, verbatim);
  if (!isMapping(root) || !isMapping(root.services)) return root;
  const { [service]: _own, ...services } = root.services;
  return { ...root, services };
}
