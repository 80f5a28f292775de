import { RunbookError } from '../../domain/errors.ts';
import type { ComposeFileChange, ComposePin, ComposeSource } from '../../domain/pins.ts';
import type { Plan } from '../../domain/plan.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import { parseImage } from '../../domain/versions.ts';
import { diffFiles, type ImageLine } from './file-diff.ts';
import { contentHash } from './files/content-hash.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type FoundImage, type ImageFinder, imageMissing } from './image-sources.ts';
import { type LoadedProject, loadProject } from './load-project.ts';
import { changeImage } from './project/index.ts';
import { type KeptContents, restoreConfig } from './restored-config.ts';

export interface SettleParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly images: ImageFinder;
  readonly contents: KeptContents;
  /** The project as it was read now. */
  readonly project: LoadedProject;
  /** ID of the image that runs. */
  readonly running?: string;
}

/** A plan whose pin is exact, and what it changes. */
export interface SettledPlan {
  readonly plan: Plan;
  readonly diff: string;
}

/** What the project's files will be. */
export interface FilesAfter {
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly warnings: readonly string[];
}

/**
 * Makes a pin exact: the image by its digest, each file that will be replaced by its content before and after, and
 * every other file by the content that the plan rests on.
 * @throws ImageMissing, ComposeFileUnsupported, ReferenceMissing; Unreachable when the registry cannot be asked.
 */
export async function settlePlan(
  plan: Plan,
  pin: ComposePin,
  source: ComposeSource,
  parts: SettleParts,
  signal: AbortSignal,
): Promise<SettledPlan> {
  const { project, profile, images } = parts;
  const found = await images.find(source.image, source, signal);
  if (!found) throw imageMissing(source);
  const wanted = referenceOf(source.image, found, project.service.image, profile.pin);
  const { contents, warnings } = await filesAfter(source, wanted, parts);
  const after = await loadProject({ ...parts, instead: contents });
  if (after.service.image !== wanted) throw notExpressed(project, wanted, after.service.image);

  const changes = [...contents].map(([path, content]) => changeOf(path, content, project, after));
  if (changes.length > 0) refuseShared(project, profile);
  const { digest, imageId } = found;
  const { imageId: _elsewhere, ...known } = source;
  const exact: ComposeSource = {
    ...known,
    image: wanted,
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
  };
  const fingerprint = fingerprintOf({
    ...exact,
    definitionHash: after.service.definitionHash,
    files: after.files,
  });
  const changesNothing = changes.length === 0 && fingerprint === plan.from.fingerprint;
  return {
    plan: {
      ...plan,
      changesNothing,
      to: { ...plan.to, image: wanted, fingerprint },
      pin: {
        ...pin,
        image: wanted,
        fingerprint,
        source: changesNothing ? { kind: 'live' } : exact,
        ...(parts.running ? { replaces: parts.running } : {}),
        changes,
        unchanged: project.files.filter(({ path }) => !contents.has(path)),
      },
      warnings: [
        ...plan.warnings,
        ...warnings,
        ...movedWarning(source, found, wanted),
        ...sharedWarning(parts),
      ],
    },
    diff: diffFiles(
      [...contents].map(([path, content]) => ({
        path,
        before: project.read.get(path)?.text ?? '',
        after: content.toString('utf8'),
        ...(path === project.service.site.path ? { imageBefore: imageLineOf(project) } : {}),
        ...(path === after.service.site.path ? { imageAfter: imageLineOf(after) } : {}),
      })),
    ),
  };
}

function imageLineOf({ service }: LoadedProject): ImageLine {
  return { line: service.site.line, image: service.image };
}

/** Config first, because it may bring back a compose file; then the one place of the image. */
export async function filesAfter(
  source: ComposeSource,
  wanted: string,
  parts: Pick<SettleParts, 'project' | 'profile' | 'environment' | 'contents'>,
): Promise<FilesAfter> {
  const { project, profile, environment } = parts;
  const config =
    profile.config === 'restore' && source.files && source.definitionHash
      ? await restoreConfig(
          { files: source.files, definitionHash: source.definitionHash, image: wanted },
          project,
          parts.contents,
          (instead) => loadProject({ profile, environment, instead }),
        )
      : { contents: new Map<string, Buffer>(), warnings: [] };
  const base =
    config.contents.size > 0
      ? await loadProject({ profile, environment, instead: config.contents })
      : project;
  const edit = changeImage(base.service, wanted);
  const contents = new Map(config.contents);
  const content = Buffer.from(edit.after);
  const isEdited = contentHash(content) !== project.read.get(edit.path)?.sha256;
  if (isEdited) contents.set(edit.path, content);
  else contents.delete(edit.path);
  return { contents, warnings: config.warnings };
}

function changeOf(
  path: string,
  content: Buffer,
  project: LoadedProject,
  after: LoadedProject,
): ComposeFileChange {
  const before = project.read.get(path);
  const pinned = after.files.find((file) => file.path === path);
  // Restored contents are of files that were read: what is not there cannot be compared and set.
  if (!before || !pinned)
    throw new RunbookError('ReferenceMissing', `${path} is not there: put the file back first`);
  const isImageAlone = path === after.service.site.path && pinned.kind !== 'env-file';
  return {
    path,
    kind: pinned.kind,
    before: before.sha256,
    sha256: contentHash(content),
    how: isImageAlone ? 'image' : 'content',
  };
}

/** `repository:tag`, with the digest where the file had one, the profile wants it, or the tag leads elsewhere by now. */
function referenceOf(
  image: string,
  { digest, movedTo }: FoundImage,
  inFile: string,
  style: ComposeProfile['pin'],
): string {
  const { repository, tag } = parseImage(image);
  const written = parseImage(inFile);
  const withDigest =
    style === 'digest' || written.digest !== undefined || movedTo !== undefined || tag === undefined;
  const withTag = tag !== undefined && !(written.digest !== undefined && written.tag === undefined);
  return `${repository}${withTag ? `:${tag}` : ''}${withDigest && digest ? `@${digest}` : ''}`;
}

function movedWarning(
  source: ComposeSource,
  { movedTo, digest }: FoundImage,
  wanted: string,
): readonly string[] {
  if (!movedTo) return [];
  const { tag = '' } = parseImage(source.image);
  return digest
    ? [
        `the tag ${tag} leads to another image in the registry by now (${short(movedTo)}): the file gets ${wanted}`,
      ]
    : [
        `the tag ${tag} leads to another image in the registry (${short(movedTo)}): a pull would replace what is pinned`,
      ];
}

function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

/** Other services would get the image too, with their next up: only where the profile says so. */
export function refuseShared({ service }: LoadedProject, { sharedImage }: ComposeProfile): void {
  if (sharedImage === 'change' || service.sharedWith.length === 0) return;
  throw new RunbookError(
    'ComposeFileUnsupported',
    `${service.site.description} decides the image of ${service.sharedWith.join(', ')} too: give ${service.name} an image line of its own, or set sharedImage: change in the profile`,
  );
}

function sharedWarning({ project, profile }: SettleParts): readonly string[] {
  const { sharedWith, site } = project.service;
  return profile.sharedImage === 'change' && sharedWith.length > 0
    ? [`${site.description} decides the image of ${sharedWith.join(', ')} too: their next up takes it`]
    : [];
}

function notExpressed({ service }: LoadedProject, wanted: string, got: string): RunbookError {
  return new RunbookError(
    'ComposeFileUnsupported',
    `${service.site.description} cannot be made to say ${wanted} (it would say ${got}): give ${service.name} a plain image line`,
  );
}
