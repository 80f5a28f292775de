import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import { COMPOSE_LABEL } from '../engine/objects/compose-labels.ts';
import type { LabelledContainer } from '../engine/objects/containers.ts';
import { type Meant, matchIdentity, type StartedFrom } from './identity.ts';
import type { LoadedProject } from './load-project.ts';

/**
 * Proves that the containers are of the project that the profile means, by what Compose has noted on them.
 * @param own containers of the project. @param namesakes of a service of the same name, in whatever project.
 * @returns what is to be told.
 * @throws WorkloadMismatch with the setting that mends it.
 */
export async function assertSameProject(
  project: LoadedProject,
  profile: ComposeProfile,
  own: readonly LabelledContainer[],
  namesakes: readonly LabelledContainer[],
): Promise<readonly string[]> {
  const meant = await meantBy(project, profile);
  const others = namesakes.filter(({ labels }) => labels[COMPOSE_LABEL.project] !== meant.project);
  const [ours, theirs] = await Promise.all([own, others].map((list) => Promise.all(list.map(startedFrom))));
  const { problem, warnings } = matchIdentity(meant, ours ?? [], theirs ?? []);
  if (problem) throw new RunbookError('WorkloadMismatch', `service ${profile.service}: ${problem}`);
  return warnings;
}

async function meantBy(
  { folder, invocation, envFiles }: LoadedProject,
  { state, startedElsewhere, projectDirectory }: ComposeProfile,
): Promise<Meant> {
  const real = async (path: string) => (await realOrNone(join(folder.path, path))) ?? join(folder.path, path);
  const [directory, files, env] = await Promise.all([
    real(invocation.directory),
    Promise.all(invocation.files.map(real)),
    Promise.all(envFiles.map(real)),
  ]);
  return {
    folder: folder.path,
    project: invocation.project,
    directory,
    namesDirectory: projectDirectory !== undefined,
    files,
    envFiles: env,
    state: join(folder.path, state),
    elsewhere: startedElsewhere === 'allow',
  };
}

async function startedFrom({ name, labels }: LabelledContainer): Promise<StartedFrom> {
  const missing = new Set<string>();
  const real = async (path: string) => {
    if (!path.startsWith('/')) return path;
    const found = await realOrNone(path);
    if (found === undefined) missing.add(path);
    return found ?? path;
  };
  const listed = (label: string) => Promise.all((labels[label] ?? '').split(',').filter(Boolean).map(real));
  const [directory, files, envFiles] = await Promise.all([
    real(labels[COMPOSE_LABEL.workingDirectory] ?? ''),
    listed(COMPOSE_LABEL.configFiles),
    listed(COMPOSE_LABEL.environmentFiles),
  ]);
  return {
    container: name,
    project: labels[COMPOSE_LABEL.project] ?? '',
    ...(directory === '' ? {} : { directory }),
    files,
    ...(envFiles.length > 0 ? { envFiles } : {}),
    missing,
  };
}

/** Real paths are compared: people reach a folder by links. */
function realOrNone(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}
