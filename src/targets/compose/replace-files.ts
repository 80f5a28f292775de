import { RunbookError } from '../../domain/errors.ts';
import type { ComposeFileChange, ComposePin, ComposeSource } from '../../domain/pins.ts';
import type { ChangeParts } from './change-parts.ts';
import { contentHash } from './files/content-hash.ts';
import { loadProject } from './load-project.ts';
import { filesAfter } from './settle.ts';

/**
 * Keeps what the files hold and what they will hold, so that an interrupted attempt can be gone on with, and gone back
 * from, without computing anything anew.
 */
export async function keepContents(
  pin: ComposePin,
  source: ComposeSource,
  parts: ChangeParts,
): Promise<void> {
  const { profile, environment, contents, folder } = parts;
  if (pin.changes.length === 0) return;
  const project = await loadProject({ profile, environment });
  const after = await filesAfter(source, pin.image, {
    profile,
    environment,
    project,
    contents: (sha256) => contents.read(sha256),
  });
  for (const { path, before, sha256 } of pin.changes) {
    const content = after.contents.get(path);
    const file = await folder.read(path);
    if (!content || contentHash(content) !== sha256 || file?.sha256 !== before) {
      throw new RunbookError('PinLost', `${path} would not become what was planned; start a new run`);
    }
    await Promise.all([contents.keep(content), contents.keep(file.bytes)]);
  }
}

/** Replaces the files one after the other, each as compare-and-set and each with a backup beside it. */
export async function replaceFiles(
  changes: readonly ComposeFileChange[],
  { folder, contents }: ChangeParts,
  signal: AbortSignal,
): Promise<void> {
  for (const { path, before, sha256 } of changes) {
    signal.throwIfAborted();
    const content = await contents.read(sha256);
    if (!content) throw new RunbookError('PinLost', `the planned content of ${path} is not kept any more`);
    await folder.replace(path, { expect: before, content, backupSuffix: backupSuffixOf(before), signal });
  }
}

/** The backup beside a file is named by its content: a second attempt makes no second one. */
export function backupSuffixOf(sha256: string): string {
  return `before-rollback-${sha256.slice(0, 12)}`;
}
