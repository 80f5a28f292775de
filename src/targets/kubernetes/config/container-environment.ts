import type { ContainerEnvironment, Variable } from '../../../settings/index.ts';
import type { RawObject } from '../api/resources.ts';
import { type ConfigKind, type ConfigName, configName } from '../template/config-references.ts';
import { objectAt, objectsAt, textAt } from '../template/pod-template.ts';
import type { HeldObject } from './config-reads.ts';
import { contentOf, keysOf } from './content.ts';

/** What is known of the objects that a template refers to. */
export type Held = ReadonlyMap<ConfigName, HeldObject>;

const REFERENCE = /\$\$|\$\(([^()\s]{1,253})\)/g;

/**
 * The variables that a container will have, as the kubelet makes them: those of `envFrom` in their order, over them those of `env`,
 * in which `$(NAME)` stands for one before it. What cannot be told here, as a field of the pod, has no value. Pure.
 */
export function environmentOf(container: RawObject, held: Held): ContainerEnvironment {
  const variables = new Map<string, Variable>();
  let complete = true;
  for (const source of objectsAt(container, 'envFrom')) {
    const prefix = textAt(source, 'prefix') ?? '';
    for (const [kind, member] of ENV_FROM) {
      const name = textAt(objectAt(source, member), 'name');
      const object = name ? held.get(configName({ kind, name })) : 'missing';
      if (object === 'unread' || object === undefined) complete = false;
      else if (object !== 'missing') {
        for (const key of keysOf(object)) {
          const value = textOf(kind, object, key);
          if (value !== undefined) variables.set(`${prefix}${key}`, { value, secret: kind === 'secret' });
        }
      }
    }
  }
  for (const one of objectsAt(container, 'env')) {
    const name = textAt(one, 'name');
    const variable =
      one.valueFrom === undefined ? literal(textAt(one, 'value') ?? '', variables) : from(one, held);
    if (name && variable) variables.set(name, variable);
  }
  return { variables, complete };
}

const ENV_FROM = [
  ['configmap', 'configMapRef'],
  ['secret', 'secretRef'],
] as const satisfies readonly (readonly [ConfigKind, string])[];
const KEY_REFERENCES = [
  ['configmap', 'configMapKeyRef'],
  ['secret', 'secretKeyRef'],
] as const satisfies readonly (readonly [ConfigKind, string])[];

/** A value as it is written: secret where a part of it comes from a Secret. */
function literal(text: string, before: ReadonlyMap<string, Variable>): Variable {
  const names = [...text.matchAll(REFERENCE)].flatMap(([, name]) => name ?? []);
  const secret = names.some((name) => before.get(name)?.secret === true);
  // One that is not known here may be of the cluster's own making, as for a Service.
  if (names.some((name) => before.get(name)?.value === undefined)) return { secret };
  const value = text.replaceAll(REFERENCE, (_, name?: string) =>
    name === undefined ? '$' : (before.get(name)?.value ?? ''),
  );
  return { value, secret };
}

function from(variable: RawObject, held: Held): Variable | undefined {
  const source = objectAt(variable, 'valueFrom');
  for (const [kind, member] of KEY_REFERENCES) {
    const reference = objectAt(source, member);
    const [name, key] = [textAt(reference, 'name'), textAt(reference, 'key')];
    if (!name || !key) continue;
    const secret = kind === 'secret';
    const object = held.get(configName({ kind, name }));
    if (object === 'missing') return undefined;
    if (object === 'unread' || object === undefined) return { secret };
    const value = textOf(kind, object, key);
    return value === undefined ? undefined : { value, secret };
  }
  return { secret: false };
}

function textOf(kind: ConfigKind, object: Exclude<HeldObject, string>, key: string): string | undefined {
  const content = contentOf(kind, object, key);
  // Variables are made of `data` alone.
  if (content === undefined || (kind === 'configmap' && typeof content !== 'string')) return undefined;
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}
