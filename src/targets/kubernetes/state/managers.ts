import type { ManagedField, RawJson, Workload } from '../api/resources.ts';
import { objectAt } from '../template/pod-template.ts';
import { type ChangeMark, isMarked, markOf, ownsMark } from '../workload/change-mark.ts';

/** Who changed the Deployment's spec last, as far as the server knows (`metadata.managedFields`), for messages. */
export function lastManager(live: Workload): string {
  const entries = (live.metadata.managedFields ?? []).filter(
    (entry) => entry.subresource === undefined && touchesSpec(entry),
  );
  const newest = entries.toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0];
  if (!newest?.manager) return 'an unknown manager';
  return `field manager "${newest.manager}"${newest.time ? ` at ${newest.time}` : ''}`;
}

/** When the Deployment's spec was last changed. */
export function lastChange(live: Workload): string | undefined {
  const times = (live.metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined && touchesSpec(entry))
    .flatMap(({ time }) => (time === undefined ? [] : [time]));
  return times.sort().at(-1);
}

/** Who wrote the pod template last. */
export interface TemplateChange {
  /** For people; with the time, where the API server has it. */
  readonly who: string;
  /** What it was written for when it was a run of this runbook. */
  readonly purpose?: ChangeMark['purpose'];
}

/**
 * Who wrote the live pod template. It was this runbook when the template is the one that it has marked, and no other
 * manager of template fields is later than the mark. A Deployment without a mark, of an earlier version of the
 * runbook, goes by the managers alone; within one second the runbook counts as the later one there.
 * @param manager the name under which the runbook writes.
 */
export function lastTemplateChange(live: Workload, manager: string): TemplateChange {
  const entries = live.metadata.managedFields ?? [];
  const others = newest(
    entries.filter(
      (entry) => entry.manager !== manager && entry.subresource === undefined && touchesTemplate(entry),
    ),
  );
  const mark = markOf(live);
  const own = newest(
    entries.filter((entry) =>
      mark ? ownsMark(entry, manager) : entry.manager === manager && touchesTemplate(entry),
    ),
  );
  const [at, otherAt] = [own[0]?.time ?? '', others[0]?.time ?? ''];
  const isLastChange = mark !== undefined && mark.generation === live.metadata.generation;
  const isOurs = own.length > 0 && (isLastChange || at >= otherAt) && (!mark || isMarked(live, mark));
  if (isOurs) {
    return { who: `this runbook (${named(own)})`, purpose: mark?.purpose ?? 'roll-back' };
  }
  if (others.length === 0 || at > otherAt) {
    return { who: 'somebody who only took fields away: the API server notes no manager of that' };
  }
  return { who: named(others) };
}

/** The latest entries: several when they are of the same second. */
function newest(entries: readonly ManagedField[]): readonly ManagedField[] {
  const last = entries
    .map(({ time }) => time ?? '')
    .sort()
    .at(-1);
  return entries.filter(({ time }) => (time ?? '') === last);
}

/** `field manager "argocd-controller" at 2026-11-23T03:00:00Z` */
function named(entries: readonly ManagedField[]): string {
  const names = [...new Set(entries.map(({ manager }) => `"${manager ?? 'unknown'}"`))].sort();
  const time = entries[0]?.time;
  return `field manager ${names.join(' or ')}${time ? ` at ${time}` : ''}`;
}

/** Whether a manager has written fields of the pod template. */
export function touchesTemplate({ fieldsV1 }: ManagedField): boolean {
  return Object.hasOwn(objectAt(fieldsV1, 'f:spec'), 'f:template');
}

function touchesSpec({ fieldsV1 }: ManagedField): boolean {
  const spec: RawJson | undefined = fieldsV1?.['f:spec'];
  return spec !== undefined;
}
