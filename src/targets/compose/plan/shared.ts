import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { LoadedProject } from '../load/load-project.ts';

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

/** Files that a rollback changes and other services use too. */
interface SharedFile {
  readonly path: string;
  readonly others: readonly string[];
}

/**
 * A file that is changed for this service, and is env file, config or mount of others: they take it with their next up.
 * One that comes back whole changes the variables of others as well.
 */
function sharedFiles(
  { service }: LoadedProject,
  changed: Iterable<string>,
  whole: ReadonlySet<string>,
): readonly SharedFile[] {
  return [...changed].flatMap((path) => {
    const { asFile = [], byVariable = [] } = service.othersUsing.get(path) ?? {};
    const others = [...new Set([...asFile, ...(whole.has(path) ? byVariable : [])])];
    return others.length > 0 ? [{ path, others }] : [];
  });
}

/** @throws ComposeFileUnsupported unless the profile allows it. */
export function refuseSharedFiles(
  project: LoadedProject,
  { sharedFiles: policy }: ComposeProfile,
  changed: Iterable<string>,
  whole: ReadonlySet<string>,
): void {
  const [first] = policy === 'change' ? [] : sharedFiles(project, changed, whole);
  if (!first) return;
  const { path, others } = first;
  const keep = whole.has(path) ? ', config: keep' : '';
  throw new RunbookError(
    'ComposeFileUnsupported',
    `${path} would be changed for ${project.service.name}, and ${others.join(', ')} ${others.length > 1 ? 'use' : 'uses'} it too: give each a file of its own, or set sharedFiles: change${keep} in runbook.yaml`,
  );
}

/** Where the profile allows it, it is told. */
export function sharedFilesWarning(
  project: LoadedProject,
  changed: Iterable<string>,
  whole: ReadonlySet<string>,
): readonly string[] {
  return sharedFiles(project, changed, whole).map(
    ({ path, others }) =>
      `${path} is used by ${others.join(', ')} too: their next up takes what it holds then`,
  );
}
