import { RunbookError } from '../../domain/errors.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import type { LoadedProject } from './load-project.ts';

/** Other services would get the image too, with their next up: only where the profile says so. */
export function refuseShared({ service }: LoadedProject, { sharedImage }: ComposeProfile): void {
  if (sharedImage === 'change' || service.sharedWith.length === 0) return;
  throw new RunbookError(
    'ComposeFileUnsupported',
    `${service.site.description} decides the image of ${service.sharedWith.join(', ')} too: give ${service.name} an image line of its own, or set sharedImage: change in the profile`,
  );
}

/** Where the profile allows it, it is told. */
export function sharedWarning(
  { service }: LoadedProject,
  { sharedImage }: ComposeProfile,
): readonly string[] {
  const { sharedWith, site } = service;
  return sharedImage === 'change' && sharedWith.length > 0
    ? [`${site.description} decides the image of ${sharedWith.join(', ')} too: their next up takes it`]
    : [];
}
