import { RunbookError } from '../../../domain/errors.ts';
import type {
  ComposeFileChange,
  ComposeFilePin,
  ComposePin,
  ComposeSource,
} from '../../../domain/versions/pins.ts';
import type { ProjectFolder } from '../files/project-folder.ts';
import type { Replacement } from '../files/replace-file.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { pinHash } from '../load/pinned-files.ts';
import { filesAfter } from '../plan/files-after.ts';
import { type ChangeParts, keptIn } from './change-parts.ts';

/**
 * Keeps what the files hold and what they will hold, so that an interrupted attempt can be gone on with, and gone back
 * from, without computing anything anew.
 */
export async function keepContents(
  pin: ComposePin,
  source: ComposeSource,
  files: readonly ComposeFileChange[],
  parts: ChangeParts,
): Promise<void> {
  const { profile, step } = parts;
  if (files.length === 0) return;
  const after = await filesAfter(source, pin.image, {
    profile,
    step,
    contents: (sha256, kind) => keptIn(parts, kind).read(sha256),
  });
  const project = await step.project();
  for (const { path, kind, before, sha256 } of files) {
    const content = after.contents.get(path);
    const file = await step.file(path);
    if (!content || pinHash(kind, content, project) !== sha256 || file?.sha256 !== before) {
      throw new RunbookError('PinLost', `${path} would not become what was planned; start a new run`);
    }
    const kept = keptIn(parts, kind);
    await Promise.all([kept.keep(content), kept.keep(file.bytes)]);
  }
}

/**
 * Replaces the files one after the other, each as compare-and-set. A compose file gets a backup beside it; what env
 * files hold must not lie about, and is kept in the state folder alone.
 */
export async function replaceFiles(
  changes: readonly ComposeFileChange[],
  parts: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  const project = await parts.step.project();
  for (const { path, kind, before, sha256 } of changes) {
    signal.throwIfAborted();
    const content = await keptIn(parts, kind).read(sha256);
    if (!content) throw new RunbookError('PinLost', `the planned content of ${path} is not kept any more`);
    const backup = kind === 'compose' ? { backupSuffix: backupSuffixOf(before), backupFamily: BACKUP } : {};
    await replacePinned(
      { path, kind, expect: before },
      content,
      { ...backup, signal },
      parts.folder,
      project,
    );
  }
}

/**
 * Compare-and-set of a file's content on the hash that it is pinned by. Of a secret that is keyed, and compared with what is there
 * right before the write, which is then a compare-and-set on those very bytes.
 */
export async function replacePinned(
  {
    path,
    kind,
    expect,
  }: { readonly path: string; readonly kind: ComposeFilePin['kind']; readonly expect: string },
  content: Buffer,
  options: Pick<Replacement, 'backupSuffix' | 'backupFamily' | 'signal'>,
  folder: ProjectFolder,
  project: Pick<LoadedProject, 'seal'>,
): Promise<void> {
  const found = kind === 'secret' ? await folder.read(path) : undefined;
  const isIt = found !== undefined && pinHash(kind, found.bytes, project) === expect;
  await folder.replace(path, { expect: isIt ? found.sha256 : expect, content, ...options });
}

/** The backup beside a file is named by its content: a second attempt makes no second one. */
function backupSuffixOf(sha256: string): string {
  return `${BACKUP}${sha256.slice(0, 12)}`;
}

const BACKUP = 'before-rollback-';
