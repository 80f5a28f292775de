import { objectAt, objectsAt, textAt } from './pod-template.ts';
import type { RawObject } from './resources.ts';

/**
 * The objects without which pods of this template do not start, as `configmap/x`, `secret/y`, `serviceaccount/z`,
 * sorted. References marked optional are left out, and so is the ServiceAccount `default`, which every namespace has.
 */
export function referencesOf(template: RawObject): readonly string[] {
  const spec = objectAt(template, 'spec');
  const found = new Set<string>();
  const add = (kind: string, name: string | undefined) => {
    if (name) found.add(`${kind}/${name}`);
  };
  const addNeeded = (kind: string, reference: RawObject, key = 'name') => {
    if (reference.optional !== true) add(kind, textAt(reference, key));
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
  }
  for (const secret of objectsAt(spec, 'imagePullSecrets')) add('secret', textAt(secret, 'name'));
  const account = textAt(spec, 'serviceAccountName');
  if (account !== 'default') add('serviceaccount', account);
  return [...found].sort();
}
