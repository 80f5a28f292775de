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

function touchesSpec({ fieldsV1 }: ManagedField): boolean {
  const spec: RawJson | undefined = fieldsV1?.['f:spec'];
  return spec !== undefined;
}
