import { isDeepStrictEqual } from 'node:util';
import { parseComposeFile } from '../text/compose-file.ts';
import { evaluate } from '../text/evaluate.ts';
import { VisitBudget } from '../text/mapping-entries.ts';
import { isMapping, type Value } from '../text/value.ts';
import { namesIn } from './top-level.ts';

/**
 * True when two states of a compose file say the same about everything but these services, and the configs and secrets that they
 * alone use. Comments, quotes and the order of keys make no difference; variables are compared by name. A state that
 * cannot be read differs.
 */
export function sameButForService(a: string, b: string, own: readonly string[]): boolean {
  if (a === b) return true;
  try {
    const roots = [a, b].map(rootOf);
    return isDeepStrictEqual(...(roots.map((root) => without(own, root, roots)) as [Value, Value]));
  } catch {
    return false;
  }
}

function rootOf(text: string): Value {
  const file = parseComposeFile('', text);
  return evaluate(file.root, { file, budget: new VisitBudget(), note: () => {} });
}

function without(own: readonly string[], root: Value, roots: readonly Value[]): Value {
  if (!isMapping(root) || !isMapping(root.services)) return root;
  const services = Object.fromEntries(Object.entries(root.services).filter(([name]) => !own.includes(name)));
  const { configs, secrets, ...rest } = root;
  return {
    ...rest,
    services,
    configs: withoutOwn(configs, 'configs', own, roots),
    secrets: withoutOwn(secrets, 'secrets', own, roots),
  };
}

/** Without what the services use in one of the states, and no other service in any. */
function withoutOwn(
  entries: Value | undefined,
  kind: 'configs' | 'secrets',
  services: readonly string[],
  roots: readonly Value[],
): Value {
  if (entries !== undefined && entries !== null && !isMapping(entries)) return entries;
  const used = roots.map((root) => namesIn(isMapping(root) ? root.services : undefined, services, kind));
  const isOwn = (name: string) =>
    used.some(({ own }) => own.includes(name)) && !used.some(({ others }) => others.includes(name));
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !isOwn(name)));
}
