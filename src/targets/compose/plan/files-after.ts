import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { contentHash } from '../files/content-hash.ts';
import { type LoadedProject, loadProject } from '../load/load-project.ts';
import { changeImage } from '../project/index.ts';
import { type KeptContents, restoreConfig } from './restored-config.ts';

export interface FilesAfterParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly contents: KeptContents;
  /** The project as it was read now. */
  readonly project: LoadedProject;
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
  parts: FilesAfterParts,
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
  const whole = new Set([...config.contents.keys()].filter((path) => contents.has(path)));
  return { contents, whole, warnings: config.warnings };
}
