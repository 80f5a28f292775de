import type { RawObject } from '../api/resources.ts';
import { objectAt, objectsAt, textAt } from './pod-template.ts';

/**
 * What pods of this template do not start without, sorted: objects as `configmap/x`, and `key k of configmap/x` where one
 * key of it is meant. References marked optional are left out, and so is the ServiceAccount `default`, which every
 * namespace has.
 */
export function referencesOf(template: RawObject): readonly string[] {
  const spec = objectAt(template, 'spec');
  const found = new Set<string>();
  const add = (kind: string, name: string | undefined) => {
    if (name) found.add(`${kind}/${name}`);
  };
  const addNeeded = (kind: string, reference: RawObject, key = 'name') => {
    if (reference.optional === true) return;
    const name = textAt(reference, key);
    add(kind, name);
    for (const needed of keysOf(reference)) if (name) found.add(`key ${needed} of ${kind}/${name}`);
  };

  for (const list of ['containers', 'initContainers']) {
    for (const container of objectsAt(spec, list)) {
      for (const source of objectsAt(container, 'envFrom')) {
        addNeeded('configmap', objectAt(source, 'configMapRef'));
        addNeeded('secret', objectAt(source, 'secretRef'));
      }
      for (const variable of objectsAt(container, 'env')) {
        const from = objectAt(variable, 'valueFrom');
        addNeeded('configmap', objectAt(from, 'configMapKeyRef'));
        addNeeded('secret', objectAt(from, 'secretKeyRef'));
      }
    }
  }
  for (const volume of objectsAt(spec, 'volumes')) {
    for (const source of [volume, ...objectsAt(objectAt(volume, 'projected'), 'sources')]) {
      addNeeded('configmap', objectAt(source, 'configMap'));
      const secret = objectAt(source, 'secret');
      addNeeded('secret', secret, 'name');
      addNeeded('secret', secret, 'secretName');
    }
    add('secret', textAt(objectAt(objectAt(volume, 'csi'), 'nodePublishSecretRef'), 'name'));
    add('persistentvolumeclaim', textAt(objectAt(volume, 'persistentVolumeClaim'), 'claimName'));
    const claim = objectAt(objectAt(objectAt(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec');
    add('storageclass', textAt(claim, 'storageClassName'));
  }
  for (const claim of objectsAt(spec, 'resourceClaims')) {
    add('resourceclaim', textAt(claim, 'resourceClaimName'));
    add('resourceclaimtemplate', textAt(claim, 'resourceClaimTemplateName'));
  }
  for (const secret of objectsAt(spec, 'imagePullSecrets')) add('secret', textAt(secret, 'name'));
  const account = textAt(spec, 'serviceAccountName');
  if (account !== 'default') add('serviceaccount', account);
  add('priorityclass', textAt(spec, 'priorityClassName'));
  add('runtimeclass', textAt(spec, 'runtimeClassName'));
  return [...found].sort();
}

/** The keys that are meant: the one of a variable, or those that a volume shows as files. */
function keysOf(reference: RawObject): readonly string[] {
  const keys = [
    textAt(reference, 'key'),
    ...objectsAt(reference, 'items').map((item) => textAt(item, 'key')),
  ];
  return keys.filter((key) => key !== undefined);
}

/** An object that is referred to, with the keys that are needed of it. */
export interface ReferredObject {
  readonly kind: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** The objects of references as `referencesOf` names them. Pure. */
export function objectsIn(references: readonly string[]): readonly ReferredObject[] {
  const objects = new Map<string, string[]>();
  for (const reference of references) {
    const [, key, object = reference] = /^key (\S+) of (.+)$/.exec(reference) ?? [];
    const keys = objects.get(object) ?? [];
    objects.set(object, key === undefined ? keys : [...keys, key]);
  }
  return [...objects].map(([object, keys]) => {
    const [kind = '', name = ''] = object.split('/');
    return { kind, name, keys };
  });
}
