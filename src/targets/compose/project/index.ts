import type { ComposeService } from './compose-service.ts';
import type { ImageChange } from './image-place.ts';

export type { ComposeService, ImageSite, UsedFile } from './compose-service.ts';
export { definitionKeysChanged } from './definition.ts';
export type { ImageChange } from './image-place.ts';
export type { ProjectOptions, ReadText } from './project-options.ts';
export { projectNameFrom, readProject } from './read-project.ts';
export { sameButForService } from './same-but-for-service.ts';
export { type Scope, variablesOf } from './variables.ts';

/**
 * The change of one file that makes `wanted` the image of the service: the characters of its site are replaced and
 * all others kept, so that one line differs (none when it is that image already).
 * @throws RunbookError ComposeFileUnsupported when the image cannot be made by changing the site.
 */
export function changeImage(service: ComposeService, wanted: string): ImageChange {
  return service.place.change(wanted);
}
