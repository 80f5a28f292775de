import { isDeepStrictEqual } from 'node:util';
import { parseComposeFile } from '../text/compose-file.ts';
import { evaluate } from '../text/evaluate.ts';
import { VisitBudget } from '../text/mapping-entries.ts';
import { isMapping, type Value } from '../text/value.ts';
import { namesIn } from './top-level.ts';

/**
 * True when two states of a compose file say the same about everything but one service, and the configs and secrets that it
 * alone uses. Comments, quotes and the order of keys make no difference; variables are compared by name. A state that
 * cannot be read differs.
 */
export function sameButForService(a: string, b: string, service: string): boolean {
  if (a === b) return true;
  try {
    const roots = [a, b].map(rootOf);
    return isDeepStrictEqual(...(roots.map((root) => without(service, root, roots)) as [Value, Value]));
  } catch {
    return false;
  }
}

function rootOf(text: string): Value {
  const file = parseComposeFile('', text);
  return evaluate(file.root, { file, budget: new VisitBudget(), note: () => {} });
}

function without(service: string, root: Value, roots: readonly Value[]): Value {
  if (!isMapping(root) || !isMapping(root.services)) return root;
  const { [service]: _own, ...services } = root.services;
  const { configs, secrets, ...rest } = root;
  return {
    ...rest,
    services,
    configs: withoutOwn(configs, 'configs', service, roots),
    secrets: withoutOwn(secrets, 'secrets', service, roots),
  };
}

/** Without what the service uses in one of the states, and no other service in any. */
function withoutOwn(
  entries: Value | undefined,
  kind: 'configs' | 'secrets',
  service: string,
  roots: readonly Value[],
): Value {
  if (entries !== undefined && entries !== null && !isMapping(entries)) return entries;
  const used = roots.map((root) => namesIn(isMapping(root) ? root.services : undefined, service, kind));
  const isOwn = (name: string) =>
    used.some(({ own }) => own.includes(name)) && !used.some(({ others }) => others.includes(name));
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !isOwn(name)));
}
