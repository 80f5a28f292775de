import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import { contentHash } from '../files/content-hash.ts';
import type { HeldFiles } from '../files/held-files.ts';
import type { ProjectFile } from '../files/read-file.ts';
import type { UsedFile } from '../project/index.ts';

/**
 * The content of every file that a service is made of. What is mounted may be a folder, a socket or larger than any
 * config: only files that can be kept are pinned.
 * @param looked takes up what had to be read for it, and what is not there.
 * @throws ReferenceMissing when a file is not there without which the service cannot be started.
 */
export async function pinFiles(
  onDisk: HeldFiles,
  used: readonly UsedFile[],
  looked: { readonly read: Map<string, ProjectFile>; readonly absent: Set<string> },
  instead: ReadonlyMap<string, Buffer> | undefined,
): Promise<{ readonly pins: readonly ComposeFilePin[]; readonly folders: readonly string[] }> {
  const pins: ComposeFilePin[] = [];
  const folders: string[] = [];
  for (const { path, kind, mayBeMissing } of used) {
    const changed = instead?.get(path);
    const file = changed ? undefined : await pinnable(onDisk, path, kind);
    if (file) looked.read.set(path, file);
    else if (!changed && kind === 'env-file') looked.absent.add(path);
    const sha256 = changed ? contentHash(changed) : file?.sha256;
    if (sha256) pins.push({ path, kind, sha256 });
    else if (kind !== 'bind' && !mayBeMissing) {
      throw new RunbookError(
        'ReferenceMissing',
        `${path}, which the service needs, is not there: put it back`,
      );
    } else if (await isFolder(onDisk, path)) folders.push(path);
  }
  return { pins, folders };
}

async function pinnable(
  onDisk: HeldFiles,
  path: string,
  kind: ComposeFilePin['kind'],
): Promise<ProjectFile | undefined> {
  try {
    return await onDisk.read(path);
  } catch (error) {
    const isUnfit = error instanceof RunbookError && error.type === 'ComposeFileUnsupported';
    if (kind === 'bind' && isUnfit) return undefined;
    throw error;
  }
}

async function isFolder({ folder }: HeldFiles, path: string): Promise<boolean> {
  const found = await stat(join(folder.path, path)).catch(() => undefined);
  return found?.isDirectory() === true;
}
