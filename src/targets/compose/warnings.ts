import { parseImage } from '../../domain/versions.ts';
import { COMPOSE_LABEL } from './engine/compose-labels.ts';
import { familiar } from './engine/images.ts';
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
function betweenFileAndContainer({ project, containers, named, drift }: ObservedState): readonly string[] {
  const { service, invocation } = project;
  const container = leadingContainer(containers);
  if (!container) return [`no container runs: the version is the one that ${service.site.path} says`];
  const warnings: string[] = [...drift];
  if (!isSameReference(container.image, service.image)) {
    warnings.push(`${service.site.path} says ${service.image}, the container runs ${container.image}`);
  } else if (named && named.id !== container.imageId) {
    warnings.push(`${service.image} means another image by now than the one that the container runs`);
  }
  const others = new Set(containers.map(({ imageId }) => imageId)).size - 1;
  if (others > 0) warnings.push('the containers of the service run different images');
  const startedWith = container.labels[COMPOSE_LABEL.configFiles]
    ?.split(',')
    .map((path) => path.split('/').at(-1));
  const used = invocation.files.map((path) => path.split('/').at(-1));
  if (startedWith && startedWith.join() !== used.join()) {
    warnings.push(
      `the container was started with ${startedWith.join(', ')}, the profile means ${used.join(', ')}`,
    );
  }
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
  return containers
    .filter(({ running, restarting, health }) => !running || restarting || health === 'unhealthy')
    .map(({ name, status, health, restarts }) => {
      const state = health === 'unhealthy' ? 'unhealthy' : status;
      return `container ${name} is ${state}${restarts > 0 ? `, after ${restarts} restarts` : ''}`;
    });
}
