import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeFileChange, ComposePin, ComposeSource } from '../../../domain/versions/pins.ts';
import { contentHash } from '../files/content-hash.ts';
import { filesAfter } from '../plan/files-after.ts';
import type { ChangeParts } from './change-parts.ts';

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
  const { profile, contents, step } = parts;
  if (files.length === 0) return;
  const after = await filesAfter(source, pin.image, {
    profile,
    step,
    contents: (sha256) => contents.read(sha256),
  });
  for (const { path, before, sha256 } of files) {
    const content = after.contents.get(path);
    const file = await step.file(path);
    if (!content || contentHash(content) !== sha256 || file?.sha256 !== before) {
      throw new RunbookError('PinLost', `${path} would not become what was planned; start a new run`);
    }
    await Promise.all([contents.keep(content), contents.keep(file.bytes)]);
  }
}

/**
 * Replaces the files one after the other, each as compare-and-set. A compose file gets a backup beside it; what env
 * files hold must not lie about, and is kept in the state folder alone.
 */
export async function replaceFiles(
  changes: readonly ComposeFileChange[],
  { folder, contents }: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, kind, before, sha256 } of changes) {
    signal.throwIfAborted();
    const content = await contents.read(sha256);
    if (!content) throw new RunbookError('PinLost', `the planned content of ${path} is not kept any more`);
    const backup = kind === 'compose' ? { backupSuffix: backupSuffixOf(before), backupFamily: BACKUP } : {};
    await folder.replace(path, { expect: before, content, ...backup, signal });
  }
}

/** The backup beside a file is named by its content: a second attempt makes no second one. */
function backupSuffixOf(sha256: string): string {
  return `${BACKUP}${sha256.slice(0, 12)}`;
}

const BACKUP = 'before-rollback-';
