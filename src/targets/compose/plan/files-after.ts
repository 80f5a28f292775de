import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { contentHash } from '../files/content-hash.ts';
import { changeImage } from '../project/index.ts';
import type { StepCache } from '../read/step-cache.ts';
import { type KeptContents, restoreConfig } from './restored-config.ts';

export interface FilesAfterParts {
  readonly profile: ComposeProfile;
  readonly contents: KeptContents;
  readonly step: Pick<StepCache, 'project' | 'projectWith'>;
}

/** What the project's files will be. */
export interface FilesAfter {
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Which of them come back whole; of the others the image alone changes. */
  readonly whole: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/** Config first, because it may bring back a compose file; then the one place of the image. */
export async function filesAfter(
  source: ComposeSource,
  wanted: string,
  { profile, contents: kept, step }: FilesAfterParts,
): Promise<FilesAfter> {
  const project = await step.project();
  const config =
    profile.config === 'restore' && source.files && source.definitionHash
      ? await restoreConfig(
          { files: source.files, definitionHash: source.definitionHash, image: wanted },
          project,
          kept,
          (instead) => step.projectWith(instead),
          profile,
        )
      : { contents: new Map<string, Buffer>(), edited: new Set<string>(), warnings: [] };
  const base = config.contents.size > 0 ? await step.projectWith(config.contents) : project;
  const edit = changeImage(base.service, wanted);
  const contents = new Map(config.contents);
  const content = Buffer.from(edit.after);
  const isEdited = contentHash(content) !== project.read.get(edit.path)?.sha256;
  if (isEdited) contents.set(edit.path, content);
  else contents.delete(edit.path);
  const whole = new Set(
    [...config.contents.keys()].filter((path) => contents.has(path) && !config.edited.has(path)),
  );
  return { contents, whole, warnings: config.warnings };
}
