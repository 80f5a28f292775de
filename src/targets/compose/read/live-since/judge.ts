import type { LiveSince } from '../../../../domain/need/signals.ts';
import { COMPOSE_LABEL } from '../../engine/objects/compose-labels.ts';
import type { Container } from '../../engine/objects/containers.ts';
import type { ProjectChange } from '../../state/project-change.ts';
import { leadingContainer } from '../observed-state.ts';

/** What a host says of the time since when the current version is live. Times are milliseconds since 1970. */
export interface LiveFacts {
  readonly containers: readonly Container[];
  /** The last change of ours. */
  readonly change?: ProjectChange;
  /** When each file of the project was written. */
  readonly files: readonly WrittenFile[];
  /** Versions that were seen before, each with when. */
  readonly seen: readonly { readonly at: number; readonly isCurrent: boolean }[];
}

/** A file of the project. */
export interface WrittenFile {
  readonly writtenAt: number;
  /** Whether containers hold it as it is: it is another version at once, or at their next start. */
  readonly isHeld: boolean;
}

/** A container that is made this long after the files were written was made for that, in milliseconds. */
const DEPLOY_MS = 10 * 60_000;

/**
 * Since when the current version is live: when its first container was made that is there still. A restart, also of the host,
 * keeps the container; one that is made anew of the same files and image leaves nothing of the one before: then it is live since
 * then, or before. Pure.
 * @returns nothing where no container was ever started.
 */
export function liveSince({ containers, change, files, seen }: LiveFacts): LiveSince | undefined {
  const started = containers.filter(({ startedAt }) => Date.parse(startedAt) > 0);
  const leading = leadingContainer(started);
  if (!leading) return undefined;
  const alike = started.filter((one) => isSame(one, leading));
  const at = Math.min(...alike.map(({ createdAt }) => Date.parse(createdAt)));
  const ours = endOf(change, alike);
  const found = ours
    ? { at: Math.max(at, ours.startedAt), from: 'mark' as const, exact: true }
    : { at, from: 'container' as const, exact: isDeploy(at, files) && !isAgain(at, seen) };
  const heldAt = Math.max(0, ...files.filter(({ isHeld }) => isHeld).map(({ writtenAt }) => writtenAt));
  const isLater = heldAt > Math.max(found.at, ours?.endedAt ?? 0);
  const last = isLater ? { at: heldAt, from: 'write' as const, exact: false } : found;
  return { ...last, at: new Date(last.at).toISOString() };
}

/** Of the same image and, where Compose says so, of the same configuration. */
function isSame(one: Container, leading: Container): boolean {
  const hash = COMPOSE_LABEL.configHash;
  return one.imageId === leading.imageId && one.labels[hash] === leading.labels[hash];
}

/** The change of ours that has made one of these containers. */
function endOf(change: ProjectChange | undefined, alike: readonly Container[]) {
  const isMade = alike.some(({ id }) => change?.made?.includes(id));
  if (!change || !isMade) return undefined;
  return { startedAt: Date.parse(change.startedAt), endedAt: Date.parse(change.endedAt ?? change.startedAt) };
}

function isDeploy(at: number, files: readonly WrittenFile[]): boolean {
  return files.some(({ writtenAt }) => writtenAt <= at && at - writtenAt <= DEPLOY_MS);
}

/** Whether it was there when the service was last seen before. */
function isAgain(at: number, seen: LiveFacts['seen']): boolean {
  const before = seen.filter((one) => one.at < at).toSorted((a, b) => b.at - a.at);
  return before[0]?.isCurrent === true;
}
