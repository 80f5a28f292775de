import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { parseImage, shortDigest } from '../../../domain/versions/versions.ts';
import type { FoundImage } from '../read/image-sources.ts';

/** `repository:tag`, with the digest where the file had one, the profile wants it, or the tag leads elsewhere by now. */
export function referenceOf(
  image: string,
  { digest, movedTo }: FoundImage,
  inFile: string,
  style: ComposeProfile['pin'],
): string {
  const { repository, tag } = parseImage(image);
  const written = parseImage(inFile);
  const withDigest =
    style === 'digest' || written.digest !== undefined || movedTo !== undefined || tag === undefined;
  const withTag = tag !== undefined && !(written.digest !== undefined && written.tag === undefined);
  return `${repository}${withTag ? `:${tag}` : ''}${withDigest && digest ? `@${digest}` : ''}`;
}

/** What a tag that was moved means for the file. */
export function movedWarning(
  source: ComposeSource,
  { movedTo, digest }: FoundImage,
  wanted: string,
): readonly string[] {
  if (!movedTo) return [];
  const { tag = '' } = parseImage(source.image);
  return digest && wanted.includes(digest)
    ? [
        `the tag ${tag} leads to another image in the registry by now (${shortDigest(movedTo)}): the file gets ${wanted}`,
      ]
    : [
        `the tag ${tag} leads to another image in the registry (${shortDigest(movedTo)}): a pull would replace what is pinned`,
      ];
}
