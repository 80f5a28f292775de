import { RunbookError } from '../../../domain/errors.ts';
import type { Masker } from '../../../domain/masking/mask-value.ts';
import type {
  ComposeFileChange,
  ComposeFilePin,
  ComposePin,
  ComposeSource,
} from '../../../domain/versions/pins.ts';
import type { Plan } from '../../../domain/versions/plan.ts';
import { type CriticalRules, criticalFindings } from '../../../settings/index.ts';
import type { ResolvedPlan } from '../../target.ts';
import { fingerprintOf } from '../load/fingerprint.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { pinHash } from '../load/pinned-files.ts';
import { boundWarning } from '../read/bound-services.ts';
import { type FindParts, type ImageFinder, imageMissing } from '../read/image-sources.ts';
import type { StepCache } from '../read/step-cache.ts';
import { diffFiles, type ImageLine } from './file-diff.ts';
import { type FilesAfterParts, filesAfter } from './files-after.ts';
import { liveConfigOf } from './live-config.ts';
import { movedWarning, referenceOf } from './pinned-reference.ts';
import { settingsDifference } from './settings-difference.ts';
import { refuseShared, refuseSharedFiles, sharedFilesWarning, sharedWarning } from './shared.ts';

export interface ResolvePlanParts extends FilesAfterParts {
  readonly step: FilesAfterParts['step'] & FindParts & Pick<StepCache, 'file'>;
  readonly images: ImageFinder;
  /** Whether a recreate was broken off: the service has to be brought up even if nothing is to be changed. */
  readonly isBroken: boolean;
  /** Services that run, and share a namespace or volumes with the containers. */
  readonly bound: readonly string[];
  /** Whether the container may not have seen what is mounted into it. */
  readonly isUnseen: boolean;
  /** What has to hold for the config that will be live; without it nothing is judged. */
  readonly critical?: CriticalRules | undefined;
  /** What of the files the diff may show. */
  readonly masker: Masker;
  /** ID of the image that runs. */
  readonly running?: string;
  /** The last change in the journal. */
  readonly lastChange?: string;
}

/**
 * Makes a pin exact: the image by its digest, each file that will be replaced by its content before and after, and
 * every other file by the content that the plan rests on.
 * @throws ImageMissing, ComposeFileUnsupported, ReferenceMissing; Unreachable when the registry cannot be asked.
 */
export async function resolvePlan(
  plan: Plan,
  pin: ComposePin,
  source: ComposeSource,
  parts: ResolvePlanParts,
  signal: AbortSignal,
): Promise<ResolvedPlan> {
  const { profile, images, step } = parts;
  const [project, found] = await Promise.all([
    step.project(),
    images.find(source.image, source, step, signal),
  ]);
  if (!found) throw imageMissing(source);
  const wanted =
    (pin.purpose === 'restore' ? await imageInFilesOf(source, parts) : undefined) ??
    referenceOf(source.image, found, project.service.image, profile.pin);
  const { contents, whole, warnings } = await filesAfter(source, wanted, parts);
  const after = await step.projectWith(contents);
  if (after.service.image !== wanted) throw notExpressed(project, wanted, after.service.image);

  const changes = [...contents].map(([path, content]) => fileChangeOf(path, content, project, after));
  if (changes.length > 0) refuseShared(project, profile);
  refuseSharedFiles(project, profile, contents.keys(), whole);
  const { digest, imageId } = found;
  const { imageId: _elsewhere, ...known } = source;
  const exact: ComposeSource = {
    ...known,
    image: pin.purpose === 'restore' ? source.image : wanted,
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
  };
  const fingerprint = fingerprintOf({
    ...exact,
    definitionHash: after.service.definitionHash,
    files: after.files,
  });
  const changesNothing = changes.length === 0 && fingerprint === plan.from.fingerprint && !parts.isBroken;
  const { critical, masker } = parts;
  const findings =
    critical && !changesNothing
      ? criticalFindings(await liveConfigOf(after, contents, (path) => step.file(path)), critical, masker)
      : [];
  return {
    ...(findings.length > 0 ? { findings } : {}),
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
        ...(parts.lastChange ? { after: parts.lastChange } : {}),
        changes,
        unchanged: project.files.filter(({ path }) => !contents.has(path)),
      },
      warnings: [
        ...plan.warnings,
        ...warnings,
        ...movedWarning(source, found, wanted),
        ...sharedWarning(project, profile),
        ...(parts.isUnseen && !changesNothing ? [UNSEEN] : []),
        ...sharedFilesWarning(project, contents.keys(), whole),
        ...(changesNothing
          ? []
          : boundWarning(parts.bound, project.service.name, profile.sharedNamespaces === 'keep')),
      ],
    },
    diff: diffFiles(
      [...contents]
        .filter(([path]) => !isSecret(path, project))
        .map(([path, content]) => ({
          path,
          before: project.read.get(path)?.text ?? '',
          after: content.toString('utf8'),
          ...(path === project.service.site.path ? { imageBefore: imageLineOf(project) } : {}),
          ...(path === after.service.site.path ? { imageAfter: imageLineOf(after) } : {}),
        })),
      parts.masker,
    ),
    settings: settingsDifference(project, after, contents, parts.masker),
  };
}

/**
 * What the files of a snapshot say themselves, so that they become what they were to the byte: written as it was, and of
 * another image than the one that ran where somebody had edited them and never brought them up. Nothing where they are
 * not kept, or cannot be read any more.
 */
async function imageInFilesOf(source: ComposeSource, parts: ResolvePlanParts): Promise<string | undefined> {
  const instead = new Map<string, Buffer>();
  for (const { path, kind, sha256 } of source.files ?? []) {
    if (kind === 'secret') continue;
    const content = await parts.contents(sha256, kind);
    if (!content) return undefined;
    instead.set(path, content);
  }
  try {
    return (await parts.step.projectWith(instead)).service.image;
  } catch (error) {
    if (error instanceof RunbookError) return undefined;
    throw error;
  }
}

const UNSEEN =
  'the container may not have seen its config, which was changed since it started: it is made anew';

/** Of a secret nothing is shown, nor how many lines it has. */
function isSecret(path: string, { files }: LoadedProject): boolean {
  return files.some((file) => file.kind === 'secret' && file.path === path);
}

function imageLineOf({ service }: LoadedProject): ImageLine {
  return { line: service.site.line, image: service.image };
}

function fileChangeOf(
  path: string,
  content: Buffer,
  project: LoadedProject,
  after: LoadedProject,
): ComposeFileChange {
  const before = project.read.get(path);
  const isIt = (file: ComposeFilePin) => file.path === path;
  const pinned = after.files.find(isIt) ?? project.files.find(isIt);
  // Restored contents are of files that were read: what is not there cannot be compared and set.
  if (!before || !pinned)
    throw new RunbookError('ReferenceMissing', `${path} is not there: put the file back first`);
  const isImageAlone = path === after.service.site.path && pinned.kind !== 'env-file';
  return {
    path,
    kind: pinned.kind,
    before: before.sha256,
    sha256: pinHash(pinned.kind, content, project),
    how: isImageAlone ? 'image' : 'content',
  };
}

function notExpressed({ service }: LoadedProject, wanted: string, got: string): RunbookError {
  return new RunbookError(
    'ComposeFileUnsupported',
    `${service.site.description} cannot be made to say ${wanted} (it would say ${got}): give ${service.name} a plain image line`,
  );
}
