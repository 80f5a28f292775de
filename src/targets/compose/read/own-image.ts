import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposePin, ComposeSource } from '../../../domain/versions/pins.ts';
import { assertOwnRepositories } from '../../repositories.ts';
import { observedFrom } from './observation.ts';
import type { ObservedState } from './observed-state.ts';
import type { StepCache } from './step-cache.ts';

interface OwnImageParts {
  readonly profile: ComposeProfile;
  readonly step: Pick<StepCache, 'image'>;
  readonly repositories: readonly string[] | undefined;
}

/**
 * Makes sure that a plan brings an image of the service's own repositories, by whatever it names it: reference, or ID on
 * the engine.
 * @throws ImageNotAllowed
 */
export async function assertOwnImage(
  pin: ComposePin,
  source: ComposeSource,
  observedState: ObservedState,
  { profile, step, repositories }: OwnImageParts,
): Promise<void> {
  const { current, history } = observedFrom(observedState, profile);
  const { project, change } = observedState;
  const sides = change ? [change.from, change.to] : [];
  const known = [
    project.service.image,
    ...[current, ...history, ...sides].map(({ image }) => image),
    ...(change ? [change.imageInFiles] : []),
  ];
  assertOwnRepositories([pin.image, source.image], repositories, known);
  const { imageId, digest } = source;
  if (imageId === undefined || digest !== undefined) return;
  const ids = [
    ...[current, ...history].map((version) =>
      version.source.kind === 'compose' ? version.source.imageId : '',
    ),
    ...sides.map((side) => side.imageId),
  ];
  if (ids.includes(imageId)) return;
  const local = await step.image(imageId);
  // Not there any more: the change itself says so.
  if (!local) return;
  const names = [...local.tags, ...local.digests];
  const isOwn = names.some((name) => isAllowed(name, repositories, known));
  if (isOwn) return;
  throw new RunbookError(
    'ImageNotAllowed',
    `the image ${imageId} is no image of this service on the engine (it is ${names.join(', ') || 'without a name'})`,
  );
}

function isAllowed(
  image: string,
  repositories: readonly string[] | undefined,
  known: readonly string[],
): boolean {
  try {
    assertOwnRepositories([image], repositories, known);
    return true;
  } catch {
    return false;
  }
}
