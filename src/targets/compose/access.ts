import { chooseTarget } from '../../domain/choose-target.ts';
import { RunbookError } from '../../domain/errors.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import { describeWish, type TargetWish } from '../../domain/targets.ts';
import type { ObservedService } from '../../domain/versions.ts';
import type { AccessReport } from '../target.ts';
import type { ComposeCommand } from './engine/compose-command.ts';
import type { ImageFinder } from './image-sources.ts';
import { changeImage } from './project/index.ts';
import type { Reading } from './reading.ts';

export interface AccessParts {
  readonly profile: ComposeProfile;
  readonly compose: ComposeCommand;
  readonly images: ImageFinder;
  /** Proves that the folder for evidence can be written to. */
  readonly stateWritable: () => Promise<void>;
}

/**
 * Runbook 2: proves before anything is changed that the rollback can be carried out: engine, Compose, files that can
 * be written and changed in one place, and an image that can be had.
 */
export async function checkAccess(
  wish: TargetWish,
  reading: Reading,
  observed: ObservedService,
  { profile, compose, images, stateWritable }: AccessParts,
  signal: AbortSignal,
): Promise<AccessReport> {
  const { project, engine } = reading;
  const { service, invocation, folder } = project;
  const [program, read] = await Promise.all([
    compose.program(signal),
    compose.config(invocation, service.name, signal),
    stateWritable(),
  ]);
  if (read.image !== service.image) throw readOtherwise(service.image, read.image, service.site.description);
  const choice = chooseTarget(observed, wish);
  if ('problem' in choice) throw new RunbookError(choice.problem, choice.message);
  const { candidate } = choice;
  const { source } = candidate;
  const there = candidate.fingerprint === observed.current.fingerprint;
  let image = `${candidate.version} is there already`;
  if (!there && source.kind === 'compose') {
    // Refused here, before anything: a place that cannot be changed, shared images, and a file that is read-only.
    changeImage(service, candidate.image);
    await folder.writable(service.site.path);
    const found = await images.find(source.image, source, signal);
    if (!found) throw missing(candidate.image, wish, observed);
    const where = found.where === 'registry' ? 'in the registry' : "on the engine's host";
    image = `${candidate.version} is ${where} as ${short(found.digest ?? found.imageId ?? '')}`;
  }
  const host = profile.context ? `context ${profile.context}` : 'engine';
  return {
    summary: `${program.name} ${program.version}, ${host} ${engine.version}; ${service.site.description}; ${image}`,
    warnings: read.warnings.map((name) => `the variable ${name} is not set: Compose takes it for empty`),
  };
}

function readOtherwise(ours: string, theirs: string | undefined, where: string): RunbookError {
  return new RunbookError(
    'ComposeFileUnsupported',
    `Compose reads ${theirs ?? 'no image'} where ${where} was read as ${ours}: give the service a plain image line`,
  );
}

function missing(image: string, wish: TargetWish, observed: ObservedService): RunbookError {
  const known = [observed.current, ...observed.history].map(({ version }) => version).slice(0, 20);
  return new RunbookError(
    'ImageMissing',
    `${image} (asked for: ${describeWish(wish)}) is neither in its registry nor on the engine's host; known versions: ${known.join(', ')}`,
  );
}

function short(id: string): string {
  return id.slice(0, 'sha256:'.length + 12);
}
