import { stat } from 'node:fs/promises';
import { notSeen } from '../../../evidence/config-words.ts';
import type { Container } from '../../engine/objects/containers.ts';
import type { LoadedProject } from '../../load/load-project.ts';
import { hashOfText, placeOf, variablesOfService } from '../../project/index.ts';
import type { ProjectChange } from '../../state/project-change.ts';
import { leftFiles } from '../last-change.ts';
import type { StepCache } from '../step-cache.ts';

/** Config that the container may not have seen as the files have it now: what it runs with is not known. */
export interface Unseen {
  /** `app.toml`, `config/inline`, `environment`. */
  readonly name: string;
  /** Since when that is so at the latest, in milliseconds since 1970. */
  readonly changedAt: number;
  /** In words; none of variables, which are told one by one. */
  readonly says?: string;
}

/** What is asked where files alone do not tell. */
export type UnseenParts = Pick<StepCache, 'model' | 'contentIn' | 'recorded'>;

/** Files that a container holds as they were at its start. Variables it was given, and contents of the compose file it has copies of. */
const HELD = ['bind', 'config', 'secret'];

/** Entrypoints give mounted files to the user that they run as, which changes nothing that is in them. In milliseconds. */
const START_MS = 60_000;

/**
 * What of its config the container has not seen, or may not have seen.
 * @param change the last one of ours: what it has made runs with what it has left.
 */
export async function unseenConfig(
  project: LoadedProject,
  container: Container | undefined,
  change: ProjectChange | undefined,
  step: UnseenParts,
): Promise<readonly Unseen[]> {
  if (!container || isAsLeft(project, container, change)) return [];
  const startedAt = Date.parse(container.startedAt);
  const times = await Promise.all(project.files.map((pin) => timesOf(pin, project)));
  const touched = times.filter((file) => !isBefore(file, startedAt));
  const files = touched
    .filter(({ kind }) => HELD.includes(kind))
    .map(({ path, writtenAt, touchedAt }): Unseen => {
      const isWritten = writtenAt > startedAt;
      const says = notSeen('the container', isWritten ? writtenAt : undefined, startedAt);
      return { name: path, changedAt: isWritten ? writtenAt : touchedAt, says };
    });
  const unseen = [
    ...files,
    ...(await otherContents(project, container, step)),
    ...(await otherVariables(project, container, step)),
  ];
  return unseen.length > 0 && (await hasRunWith(project, container, step)) ? [] : unseen;
}

/** Whether it is on record that this very container has run with these contents: they were written anew, or are back. */
async function hasRunWith(
  { service, files }: LoadedProject,
  { id, startedAt }: Container,
  step: UnseenParts,
): Promise<boolean> {
  const { versions } = await step.recorded();
  const held = heldIn(files);
  return versions.some(
    ({ content }) =>
      content.container?.id === id &&
      content.container.startedAt === startedAt &&
      content.definitionHash === service.definitionHash &&
      heldIn(content.files) === held,
  );
}

/** Files whose whole content the container has, by their hashes. */
function heldIn(files: LoadedProject['files']): string {
  const held = files.filter(({ kind }) => HELD.includes(kind) || kind === 'env-file');
  return held
    .map(({ path, sha256 }) => `${path} ${sha256}`)
    .sort()
    .join('\n');
}

/** Whether a change of ours has left these very contents, and the container that it had made, whatever the clocks say. */
function isAsLeft(
  { files }: LoadedProject,
  { id, startedAt }: Container,
  change: ProjectChange | undefined,
): boolean {
  const left = change && leftFiles(change);
  const isMade =
    change?.made?.includes(id) === true && Date.parse(startedAt) <= Date.parse(change.endedAt ?? '');
  return left !== undefined && isMade && files.every(({ path, sha256 }) => left.get(path) === sha256);
}

/** Whether a file was as it is when a container started, as far as its times tell. In milliseconds since 1970. */
export function isBefore(
  { writtenAt, touchedAt }: { readonly writtenAt: number; readonly touchedAt: number },
  startedAt: number,
): boolean {
  return writtenAt <= startedAt && touchedAt <= startedAt + START_MS;
}

/** When a file was written, and when anything of it was changed; never, of one that is gone again. */
async function timesOf({ path, kind }: LoadedProject['files'][number], { read }: LoadedProject) {
  const file = read.get(path);
  // A change that keeps the file's own time, as `mv`, `cp -p` and `rsync -t` do, shows by the time of its inode; so do a change of its
  // mode, and a further link to it.
  const known = file && (await stat(file.path).catch(() => undefined));
  const writtenAt = known?.mtimeMs ?? 0;
  return { path, kind, writtenAt, touchedAt: Math.max(writtenAt, known?.ctimeMs ?? 0) };
}

/** Contents of the compose file, which the container has copies of, and Compose does not compare. */
async function otherContents(
  { service, seal }: LoadedProject,
  { id, createdAt }: Container,
  step: UnseenParts,
): Promise<readonly Unseen[]> {
  const { inlineConfigs = {}, inlineSecrets = {} } = service.definition as Inline;
  const wanted = [
    ...Object.entries(inlineConfigs).map(([name, content]) => {
      const place = placeOf(service.definition, 'configs', name);
      return { name: `config/${name}`, place, isIt: (bytes: Buffer) => bytes.toString('utf8') === content };
    }),
    ...Object.entries(inlineSecrets).map(([name, hash]) => {
      const place = placeOf(service.definition, 'secrets', name);
      return { name: `secret/${name}`, place, isIt: (bytes: Buffer) => seal?.(hashOfText(bytes)) === hash };
    }),
  ];
  const found = await Promise.all(
    wanted.map(async ({ name, place, isIt }) => {
      const content = await step.contentIn(id, place);
      const says = 'it was changed since the container was made';
      return content === undefined || isIt(content) ? [] : { name, changedAt: Date.parse(createdAt), says };
    }),
  );
  return found.flat();
}

interface Inline {
  readonly inlineConfigs?: Readonly<Record<string, string>>;
  /** Keyed hashes. */
  readonly inlineSecrets?: Readonly<Record<string, string>>;
}

/** Variables that the container was started with other values of. Compose is asked where our own reading says so. */
async function otherVariables(
  project: LoadedProject,
  { environment, createdAt }: Container,
  step: UnseenParts,
): Promise<readonly Unseen[]> {
  const { service, read } = project;
  const ours = variablesOfService(service.definition, (path) => read.get(path)?.text);
  if ([...ours].every(([name, { value, isPlain }]) => !isPlain || environment[name] === value)) return [];
  const theirs = Object.entries((await step.model()).environment);
  if (theirs.every(([name, value]) => environment[name] === value)) return [];
  return [{ name: 'environment', changedAt: Date.parse(createdAt) }];
}
