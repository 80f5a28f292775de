import type { ComposeService } from './service/compose-service.ts';
import type { ImageChange } from './service/image-place.ts';

export { sameButForService } from './files/same-but-for-service.ts';
export { projectNameFrom, readProject } from './read-project.ts';
export type { ComposeService, ImageSite, UsedContent, UsedFile } from './service/compose-service.ts';
export { definitionKeysChanged, hashOfText } from './service/definition.ts';
export type { ImageChange } from './service/image-place.ts';
export { mountsOf, placeOf, variablesOfService } from './service/in-container.ts';
export { variablesChanged, withVariablesOf } from './text/env-edit.ts';
export type { ProjectOptions, ReadText, Seal } from './text/project-options.ts';
export { type Scope, variablesOf } from './text/variables.ts';

/**
 * The change of one file that makes `wanted` the image of the service: the characters of its site are replaced and
 * all others kept, so that one line differs (none when it is that image already).
 * @throws RunbookError ComposeFileUnsupported when the image cannot be made by changing the site.
 */
export function changeImage(service: ComposeService, wanted: string): ImageChange {
  return service.place.change(wanted);
}
