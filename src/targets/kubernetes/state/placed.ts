import type { VersionCandidate } from '../../../domain/versions/versions.ts';
import type { RawObject, Workload } from '../api/resources.ts';
import { fingerprint, versionId } from '../template/fingerprint.ts';
import { byDigest } from '../template/image-digests.ts';
import { type ChangeMark, isSameMark, markOf } from '../workload/change-mark.ts';
import type { Revision } from '../workload/workload.ts';
import { lastTemplateChange } from './managers.ts';

/**
 * True when the live content is what a rollback of ours has put there, whoever has written since: a restart, the same
 * manifest applied once more, an undo and its redo leave it there. A workload without a mark, of an earlier version of
 * the runbook, goes by who wrote its template last.
 * @param manager the name under which the runbook writes.
 * @param stamped names of template annotations that admission writes anew with every change.
 * @param current what runs, by its id: with the digests of its images, as far as they are known.
 */
export function isPlacedByRollback(
  live: Workload,
  revisions: readonly Revision[],
  manager: string,
  stamped: readonly string[],
  { id }: Pick<VersionCandidate, 'id'>,
): boolean {
  const mark = markOf(live);
  if (!mark) return lastTemplateChange(live, manager).purpose === 'roll-back';
  if (mark.purpose !== 'roll-back') return false;
  if (isWrittenBy(mark, live)) return true;
  const placed = placedTemplate(mark, live, revisions);
  if (placed === undefined) return false;
  return (
    versionId(placed, stamped) === versionId(live.spec.template, stamped) ||
    versionId(byDigest(placed), stamped) === id
  );
}

/** Whether nothing of the spec was changed since the mark was written: then the template is ours, whatever admission did to it. */
export function isWrittenBy({ generation }: ChangeMark, { metadata }: Workload): boolean {
  return generation === metadata.generation;
}

/**
 * The template that the marked write has left. It has the mark's fingerprint, unless admission has changed it on its way:
 * then it is the first one in the history that carries the mark, which the controller copies to the revision of each
 * template that follows.
 */
function placedTemplate(
  mark: ChangeMark,
  { spec }: Workload,
  revisions: readonly Revision[],
): RawObject | undefined {
  const known = [spec.template, ...revisions.map(({ template }) => template)];
  const asWritten = known.find((template) => fingerprint(template) === mark.fingerprint);
  if (asWritten) return asWritten;
  const carrying = revisions.filter((revision) => revision.mark && isSameMark(revision.mark, mark));
  return carrying.toSorted((a, b) => a.revision - b.revision)[0]?.template;
}
