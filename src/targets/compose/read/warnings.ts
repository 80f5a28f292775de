import { familiar, parseImage } from '../../../domain/versions/versions.ts';
import { leftoversOf } from './leftovers.ts';
import { leadingContainer, type ObservedState } from './observed-state.ts';

/** Things that an operator should know before the rollback. Pure. */
export function warningsOf(observedState: ObservedState): readonly string[] {
  return [
    ...betweenFileAndContainer(observedState),
    ...notWellRunning(observedState),
    ...notPinned(observedState),
    ...observedState.sources.problems,
    ...observedState.problems,
  ];
}

/** The file says what should run, the container what does: every difference is told. */
function betweenFileAndContainer({
  project,
  containers,
  named,
  drift,
  differences,
}: ObservedState): readonly string[] {
  const { service } = project;
  const container = leadingContainer(containers);
  if (!container) return [`no container runs: the version is the one that ${service.site.path} says`];
  const warnings: string[] = [...drift, ...differences];
  if (!isSameReference(container.image, service.image)) {
    warnings.push(`${service.site.path} says ${service.image}, the container runs ${container.image}`);
  } else if (named && named.id !== container.imageId) {
    warnings.push(`${service.image} means another image by now than the one that the container runs`);
  }
  const others = new Set(containers.map(({ imageId }) => imageId)).size - 1;
  if (others > 0) warnings.push('the containers of the service run different images');
  return warnings;
}

/** What the service uses and a rollback does not bring back, or brings back for others too. */
function notPinned({ project }: ObservedState): readonly string[] {
  const { folders, files, service } = project;
  const open = folders.filter((folder) => !files.some(({ path }) => path.startsWith(`${folder}/`)));
  const others = service.site.alsoUsedBy.filter((name) => name !== service.name);
  return [
    ...open.map(
      (folder) =>
        `${folder} is mounted as a folder: what is in it does not go back (configFiles names files that do)`,
    ),
    ...(others.length > 0 ? [`${service.site.description} is used by ${others.join(', ')} as well`] : []),
  ];
}

/** Docker shortens names, and Compose may start a container by digest where the file has a tag as well. */
function isSameReference(running: string, inFile: string): boolean {
  const [a, b] = [parseImage(running), parseImage(inFile)];
  if (familiar(a.repository) !== familiar(b.repository)) return false;
  if (a.digest && b.digest) return a.digest === b.digest;
  return (a.tag ?? 'latest') === (b.tag ?? 'latest');
}

function notWellRunning({ containers }: ObservedState): readonly string[] {
  const left = leftoversOf(containers);
  const unwell = containers
    .filter((one) => !left.includes(one))
    .filter(
      ({ status, running, restarting, health }) =>
        !running || restarting || status === 'paused' || health === 'unhealthy',
    )
    .map(({ name, status, health, restarts }) => {
      const state = health === 'unhealthy' ? 'unhealthy' : status;
      return `container ${name} is ${state}${restarts > 0 ? `, after ${restarts} restarts` : ''}`;
    });
  return [
    ...unwell,
    ...left.map(
      ({ name, status }) =>
        `container ${name} (${status}) is left of a recreate that was broken off, and counts as no instance: the next up of the service removes it`,
    ),
  ];
}
