import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import { chooseTarget } from '../../../domain/versions/choice/choose-target.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { describeWish, type TargetWish } from '../../../domain/versions/targets.ts';
import { type ObservedService, shortDigest } from '../../../domain/versions/versions.ts';
import type { AccessReport } from '../../target.ts';
import type { ComposeCommand, ComposeProgram } from '../engine/command/compose-command.ts';
import type { EngineInfo } from '../engine/docker.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { changeImage } from '../project/index.ts';
import type { FindParts, ImageFinder } from '../read/image-sources.ts';
import type { ObservedState } from '../read/observed-state.ts';
import type { StepCache } from '../read/step-cache.ts';
import { refuseShared, refuseSharedFiles } from './shared.ts';

export interface AccessParts {
  readonly profile: ComposeProfile;
  readonly compose: ComposeCommand;
  readonly images: ImageFinder;
  readonly step: FindParts & Pick<StepCache, 'state'>;
}

/**
 * Runbook 2: proves before anything is changed that the rollback can be carried out: engine, Compose, files that can
 * be written and changed in one place, and an image that can be had.
 */
export async function checkAccess(
  wish: TargetWish,
  observedState: ObservedState,
  observed: ObservedService,
  { profile, compose, images, step }: AccessParts,
  signal: AbortSignal,
): Promise<AccessReport> {
  const { project, engine } = observedState;
  const { service, folder } = project;
  const { folder: state } = await step.state();
  const [program] = await Promise.all([compose.program(signal), state.proveWritable()]);
  const { image: resolvedImage, unset = [] } = observedState.resolved ?? {};
  if (resolvedImage !== service.image) {
    throw readOtherwise(service.image, resolvedImage, service.site.description);
  }
  refuseOldCompose(program, engine);
  const choice = chooseTarget(observed, wish);
  if ('problem' in choice) throw new RunbookError(choice.problem, choice.message);
  const { candidate } = choice;
  const { source } = candidate;
  const there = candidate.fingerprint === observed.current.fingerprint;
  let image = `${candidate.version} is there already`;
  if (!there && source.kind === 'compose') {
    // Refused here, before anything: a place that cannot be changed, shared images, and a file that is read-only.
    changeImage(service, candidate.image);
    refuseShared(project, profile);
    const { all, whole } = toBeReplaced(source, project, profile, observedState.keptSecrets);
    refuseSharedFiles(project, profile, service.image === candidate.image ? whole : all, whole);
    for (const path of all) await folder.writable(path);
    const found = await images.find(source.image, source, step, signal);
    if (!found) throw missing(candidate.image, wish, observed);
    const where = found.where === 'registry' ? 'in the registry' : "on the engine's host";
    image = `${candidate.version} is ${where} as ${shortDigest(found.digest ?? found.imageId ?? '')}`;
  }
  const host = profile.context ? `context ${profile.context}` : 'engine';
  return {
    summary: `${program.name} ${program.version}, ${host} ${engine.version}; ${service.site.description}; ${image}`,
    warnings: unset.map((name) => `the variable ${name} is not set: Compose takes it for empty`),
  };
}

/** The file of the image, and config files that differ from what was recorded. */
function toBeReplaced(
  { files = [] }: ComposeSource,
  project: LoadedProject,
  { config }: ComposeProfile,
  kept: ReadonlySet<string>,
): { readonly all: ReadonlySet<string>; readonly whole: ReadonlySet<string> } {
  const differing = files.filter(
    ({ path, kind, sha256 }) =>
      kind !== 'compose' &&
      kind !== 'interpolation' &&
      (kind !== 'secret' || kept.has(sha256)) &&
      project.files.some((file) => file.path === path && file.sha256 !== sha256),
  );
  const whole = new Set(config === 'restore' ? differing.map(({ path }) => path) : []);
  return { all: new Set([project.service.site.path, ...whole]), whole };
}

/** It stops the old container and then fails for want of a field that younger engines leave out (docker/compose#11742). */
function refuseOldCompose({ name, version }: ComposeProgram, engine: EngineInfo): void {
  const isOld = name === 'docker-compose' && version.startsWith('1.');
  if (!isOld || Number.parseInt(engine.version, 10) < 25) return;
  throw new RunbookError(
    'CommandMissing',
    `docker-compose ${version} cannot replace containers on engine ${engine.version}: install Compose v2 (docker compose)`,
  );
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
