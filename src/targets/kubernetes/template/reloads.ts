import type { RawJson, RawObject } from '../api/resources.ts';
import { objectAt, textAt } from './pod-template.ts';

/**
 * What Reloader (stakater/Reloader) writes into a pod template when a ConfigMap or Secret has changed: a variable with a hash of the
 * content (strategy env-vars), or an annotation (strategy annotations). Both only start the pods again.
 */
const VARIABLE = /^STAKATER_[A-Z0-9_]+_(CONFIGMAP|SECRET)$/;
export const RELOADED_FROM = 'reloader.stakater.com/last-reloaded-from';

/** The template without them; the same one where there are none. Pure. */
export function withoutReloads(template: RawObject): RawObject {
  const metadata = objectAt(template, 'metadata');
  const { [RELOADED_FROM]: reloaded, ...annotations } = objectAt(metadata, 'annotations');
  const spec = objectAt(template, 'spec');
  const lists = ['initContainers', 'containers'].flatMap((list): [string, RawJson][] => {
    const containers = spec[list];
    return hasVariable(containers) ? [[list, containers.map(withoutVariables)]] : [];
  });
  if (reloaded === undefined && lists.length === 0) return template;
  return {
    ...template,
    metadata: { ...metadata, annotations },
    spec: { ...spec, ...Object.fromEntries(lists) },
  };
}

function hasVariable(containers: RawJson | undefined): containers is RawJson[] {
  return Array.isArray(containers) && containers.some((container) => variablesOf(container).some(isReload));
}

function withoutVariables(container: RawJson): RawJson {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return container;
  const { env, ...rest } = container;
  const left = Array.isArray(env) ? env.filter((variable) => !isReload(variable)) : env;
  return left === undefined || (Array.isArray(left) && left.length === 0) ? rest : { ...rest, env: left };
}

function variablesOf(container: RawJson): readonly RawJson[] {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return [];
  return Array.isArray(container.env) ? container.env : [];
}

function isReload(variable: RawJson): boolean {
  return VARIABLE.test(textAt(variable, 'name') ?? '');
}
