import type { ComposeService } from './compose-service.ts';
import type { ImageChange } from './image-place.ts';

export type { ComposeService, ImageSite, UsedFile } from './compose-service.ts';
export { definitionKeysChanged } from './definition.ts';
export { parseEnvFile } from './env-file.ts';
export type { ImageChange } from './image-place.ts';
export type { ProjectOptions, ReadText } from './project-options.ts';
export { readProject } from './read-project.ts';
export { sameButForService } from './same-but-for-service.ts';

/**
 * The change of one file that makes `wanted` the image of the service: the characters of its site are replaced and
 * all others kept, so that one line differs (none when it is that image already).
 * @throws RunbookError ComposeFileUnsupported when the image cannot be made by changing the site.
 */
export function changeImage(service: ComposeService, wanted: string): ImageChange {
  return service.place.change(wanted);
}

/**
 * The text of a file without the characters that decide the image, so that two states of it can be compared but for
 * the image; other files are returned as they are. The text must be the one that the service was read from, or
 * differ from it in the image alone: one that differs in more is returned with its image, and so differs.
 */
export function maskedText(service: ComposeService, path: string, text: string): string {
  return service.place.masked(path, text);
}
