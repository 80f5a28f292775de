import { stat } from 'node:fs/promises';
import { notRecorded, notSeen } from '../../../evidence/config-words.ts';
import type { ResolvedService } from '../../engine/command/resolved-service.ts';
import type { Container } from '../../engine/objects/containers.ts';
import type { LoadedProject } from '../../load/load-project.ts';
import type { ProjectChange } from '../../state/project-change.ts';

/** Files that a container holds as they were at its start. Variables it was given, and inline contents it has copies of. */
const HELD = ['bind', 'config', 'secret'];

/** A file that was changed after the container had started. */
export interface UnseenFile {
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** False: only something of its inode was, which may be its content. */
  readonly isWritten: boolean;
  /** When the container had started. */
  readonly startedAt: number;
}

/**
 * The mounted files that the container may not have seen as they are. A change that keeps the file's own time, as `mv`, `cp -p` and
 * `rsync -t` do, shows by the time of its inode; so do a change of its mode, and a further link to it.
 * @param change the last one of ours: what it has made has seen what it had replaced before, whatever the engine's clock says.
 */
export async function unseenFiles(
  { files, read }: LoadedProject,
  container: Container | undefined,
  change: ProjectChange | undefined,
): Promise<readonly UnseenFile[]> {
  if (!container) return [];
  const started = Date.parse(container.startedAt);
  const isOurs = change?.made?.includes(container.id) === true;
  const startedAt = Math.max(
    started,
    isOurs ? Date.parse(change.replacedAt ?? container.startedAt) : started,
  );
  const found: UnseenFile[] = [];
  for (const { path, kind } of files) {
    const file = HELD.includes(kind) ? read.get(path) : undefined;
    const known = file && (await stat(file.path).catch(() => undefined));
    if (!known || Math.max(known.mtimeMs, known.ctimeMs) <= startedAt) continue;
    const isWritten = known.mtimeMs > startedAt;
    found.push({ path, changedAt: isWritten ? known.mtimeMs : known.ctimeMs, isWritten, startedAt });
  }
  return found;
}

/**
 * What the files say by now and the container was not started with: edited since, and never brought up. What is proved
 * of the container is then no proof of the files. Names of variables and files, no values.
 */
export function driftOf(
  unseen: readonly UnseenFile[],
  container: Container,
  resolved: ResolvedService,
): readonly string[] {
  const changed = Object.entries(resolved.environment)
    .filter(([name, value]) => container.environment[name] !== value)
    .map(([name]) => name);
  const variables =
    changed.length > 0
      ? [
          `the container was started with other values of ${changed.slice(0, 8).join(', ')}${changed.length > 8 ? ', …' : ''}`,
        ]
      : [];
  const files = unseen.map(({ path, changedAt, isWritten, startedAt }) =>
    notRecorded(path, notSeen('the container', isWritten ? changedAt : undefined, startedAt)),
  );
  return [...variables, ...files];
}
