import { join } from 'node:path';
import { parseImage } from '../../../domain/versions/versions.ts';
import type { ComposeInvocation } from '../engine/command/compose-command.ts';
import type { LocalImage } from '../engine/objects/images.ts';
import type { ChangeSide } from '../state/project-change.ts';
import { tagImage } from './bring-image.ts';
import type { ChangeParts } from './change-parts.ts';

/**
 * How Compose is to be called so that it takes the very image of a side. Where the files say that image, its name is
 * given to it on this engine. What ran before a rollback may have been another one (edited and never brought up). Then
 * Compose is told by a file on top of the project's: giving the name in the files another meaning would be a lie to the
 * next one.
 */
export async function invocationFor(
  side: ChangeSide,
  imageInFiles: string,
  { invocation, docker, contents, contentsFolder, name }: ChangeParts,
  signal: AbortSignal,
  found?: LocalImage,
): Promise<ComposeInvocation> {
  if (!side.imageId) return invocation;
  if (side.image === imageInFiles) {
    await tagImage(imageInFiles, side.imageId, docker, signal, found);
    return invocation;
  }
  const image = side.digest ? `${parseImage(side.image).repository}@${side.digest}` : side.imageId;
  const override = JSON.stringify({ services: { [name.service]: { image } } });
  const file = join(contentsFolder, await contents.keep(Buffer.from(override)));
  return { ...invocation, files: [...invocation.files, file] };
}
