import { objectAt } from './pod-template.ts';
import type { Deployment, ManagedField, RawJson } from './resources.ts';

/** Who changed the Deployment's spec last, as far as the server knows (`metadata.managedFields`), for messages. */
export function lastManager(deployment: Deployment): string {
  const entries = (deployment.metadata.managedFields ?? []).filter(
    (entry) => entry.subresource === undefined && touchesSpec(entry),
  );
  const newest = entries.toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0];
  if (!newest?.manager) return 'an unknown manager';
  return `field manager "${newest.manager}"${newest.time ? ` at ${newest.time}` : ''}`;
}

/** When the Deployment's spec was last changed. */
export function lastChange(deployment: Deployment): string | undefined {
  const times = (deployment.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined && touchesSpec(entry))
    .flatMap(({ time }) => (time === undefined ? [] : [time]));
  return times.sort().at(-1);
}

/**
 * True when this manager changed the pod template and none did after it. Times of `metadata.managedFields` have
 * seconds; within the same one the manager that was asked for counts as the later one.
 */
export function changedTemplateLast({ metadata }: Deployment, manager: string): boolean {
  const entries = (metadata.managedFields ?? []).filter(
    (entry) => entry.subresource === undefined && touchesTemplate(entry),
  );
  const newest = entries
    .map(({ time }) => time ?? '')
    .sort()
    .at(-1);
  return entries.some((entry) => entry.manager === manager && (entry.time ?? '') === newest);
}

function touchesTemplate({ fieldsV1 }: ManagedField): boolean {
  return Object.hasOwn(objectAt(fieldsV1, 'f:spec'), 'f:template');
}

function touchesSpec({ fieldsV1 }: ManagedField): boolean {
  const spec: RawJson | undefined = fieldsV1?.['f:spec'];
  return spec !== undefined;
}
