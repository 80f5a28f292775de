import { RunbookError } from '../domain/errors.ts';
import { parseImage } from '../domain/versions/versions.ts';
import { parseReference } from '../registry/index.ts';

/**
 * Makes sure that a workload gets images of its own repositories alone: whoever can hand a plan to the step that writes
 * could otherwise let any image run with the rights of the service.
 * @param images what would be written.
 * @param configured the repositories of the profile; undefined: those in `known` count.
 * @param known images that run, or that the workload's own history has.
 * @throws RunbookError `ImageNotAllowed`.
 */
export function assertOwnRepositories(
  images: readonly string[],
  configured: readonly string[] | undefined,
  known: readonly string[],
): void {
  const own = new Set((configured ?? known).map(repositoryOf));
  // What names no image is refused by whoever would have to run it.
  const foreign = images.find((image) => image !== '' && !own.has(repositoryOf(image)));
  if (foreign === undefined) return;
  const where = configured
    ? 'which is none of the repositories of the profile'
    : 'which is neither that of what runs nor of its history; if it is meant, name it in repositories of the profile';
  throw new RunbookError(
    'ImageNotAllowed',
    `the image ${foreign} is of the repository ${parseImage(foreign).repository}, ${where}`,
  );
}

/** `nginx`, `library/nginx` and `docker.io/library/nginx` are one repository. */
function repositoryOf(image: string): string {
  const { repository } = parseImage(image);
  const reference = parseReference(repository);
  return reference ? `${reference.registry}/${reference.repository}` : repository;
}
