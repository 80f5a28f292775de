import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import { contentHash } from '../files/content-hash.ts';
import type { HeldFiles } from '../files/held-files.ts';
import type { ProjectFile } from '../files/read-file.ts';
import type { Seal, UsedFile } from '../project/index.ts';

/** What was looked at. */
interface Looked {
  readonly read: Map<string, ProjectFile>;
  readonly absent: Set<string>;
  /** Without one nothing of a secret is pinned. */
  readonly seal: Seal | undefined;
}

/** The hash by which a content is pinned. */
export function pinHash(
  kind: ComposeFilePin['kind'],
  content: Uint8Array,
  { seal }: { readonly seal?: Seal | undefined },
): string {
  const plain = contentHash(content);
  return kind === 'secret' && seal ? seal(plain) : plain;
}

/**
 * The content of every file that a service is made of. What is mounted may be a folder, a socket or larger than any
 * config: only files that can be kept are pinned.
 * @param looked takes up what had to be read for it, and what is not there.
 * @throws ReferenceMissing when a file is not there without which the service cannot be started.
 */
export async function pinFiles(
  onDisk: HeldFiles,
  used: readonly UsedFile[],
  looked: Looked,
  instead: ReadonlyMap<string, Buffer> | undefined,
): Promise<{ readonly pins: readonly ComposeFilePin[]; readonly folders: readonly string[] }> {
  const pins: ComposeFilePin[] = [];
  const folders: string[] = [];
  for (const { path, kind, mayBeMissing } of used) {
    const changed = instead?.get(path);
    const file = changed ? undefined : await pinnable(onDisk, path, kind);
    if (kind === 'secret') {
      pins.push(...secretPin(path, changed, file, pins, looked));
      continue;
    }
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

/** A secret is known by its keyed hash, wherever it is compared; one that is pinned as something else too is no secret. */
function secretPin(
  path: string,
  changed: Buffer | undefined,
  file: ProjectFile | undefined,
  pins: readonly ComposeFilePin[],
  { seal, read }: Looked,
): readonly ComposeFilePin[] {
  const plain = changed ? contentHash(changed) : file?.sha256;
  if (!seal || plain === undefined || pins.some((pin) => pin.path === path)) return [];
  const sha256 = seal(plain);
  if (file) read.set(path, { ...file, sha256 });
  return [{ path, kind: 'secret', sha256 }];
}

async function pinnable(
  onDisk: HeldFiles,
  path: string,
  kind: ComposeFilePin['kind'],
): Promise<ProjectFile | undefined> {
  try {
    return await onDisk.read(path);
  } catch (error) {
    const unfit = error instanceof RunbookError ? error.type : undefined;
    if (kind === 'bind' && unfit === 'ComposeFileUnsupported') return undefined;
    // Compose reads it, and not we.
    if (kind === 'secret' && unfit !== undefined && unfit !== 'Unreachable') return undefined;
    throw error;
  }
}

async function isFolder({ folder }: HeldFiles, path: string): Promise<boolean> {
  const found = await stat(join(folder.path, path)).catch(() => undefined);
  return found?.isDirectory() === true;
}
