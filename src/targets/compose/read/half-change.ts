import type { Container } from '../engine/objects/containers.ts';
import type { ProjectChange } from '../state/project-change.ts';

/**
 * True when a change of ours was left in the middle: files and containers do not belong together by what it has done.
 * Not true any more when somebody has put it right by hand. Pure.
 * @param hashes of the files that it replaces, as they are now; none for a file that is gone.
 */
export function isHalf(
  change: ProjectChange,
  hashes: ReadonlyMap<string, string | undefined>,
  containers: readonly Container[],
): boolean {
  const { phase, files, containerIds, to } = change;
  if (phase === 'started' || phase === 'restored') return false;
  const made = containers.filter(({ id }) => !containerIds.includes(id));
  if (made.length > 0 && made.length < containers.length) return true;
  // Compose makes the container first, and starts it when the old one is gone.
  const isMade = made.some(({ status }) => status !== 'created');
  if (phase === 'restoring') {
    const isBack = files.some(({ path, before }) => hashes.get(path) === before);
    return isBack && (!isMade || made.some(({ imageId }) => imageId === to.imageId));
  }
  const isReplaced = files.some(({ path, sha256 }) => hashes.get(path) === sha256);
  return (isReplaced && !isMade) || (made.length > 0 && !isMade);
}
