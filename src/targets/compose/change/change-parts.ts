import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import type { ComposeCommand, ComposeInvocation } from '../engine/command/compose-command.ts';
import type { Docker } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { ProjectFolder } from '../files/project-folder.ts';
import type { StepCache } from '../read/step-cache.ts';
import type { ChangePhase, ProjectChange } from '../state/project-change.ts';

/** The change that was made last, or is being made. */
export interface RollbackJournal {
  /** @param over ID of the one before, as it was read under the lock. */
  begin(change: ProjectChange, over?: string): Promise<void>;
  advance(id: string, phase: ChangePhase, more?: Pick<ProjectChange, 'endedAt' | 'made'>): Promise<void>;
  end(id: string): Promise<void>;
}

/** Contents of files by the hash that they are pinned by. */
export interface KeptFiles {
  keep(content: Uint8Array): Promise<string>;
  read(sha256: string): Promise<Buffer | undefined>;
}

/** Where the content of a file is kept. */
export function keptIn(
  { contents, secrets }: Pick<ChangeParts, 'contents' | 'secrets'>,
  kind: ComposeFilePin['kind'],
): KeptFiles {
  return kind === 'secret' ? secrets : contents;
}

/** What changes take of their step. */
export type ChangeTakes = Pick<
  StepCache,
  | 'project'
  | 'projectWith'
  | 'image'
  | 'file'
  | 'journal'
  | 'containers'
  | 'containersOf'
  | 'sharedWith'
  | 'anew'
>;

/** What a change of the project works with. Whoever has it holds the lock of the project. */
export interface ChangeParts {
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly profile: ComposeProfile;
  /** What was read since the lock is held. */
  readonly step: ChangeTakes;
  readonly invocation: ComposeInvocation;
  readonly name: ServiceName;
  readonly folder: ProjectFolder;
  readonly journal: RollbackJournal;
  readonly contents: KeptFiles;
  /** The same of secrets, under their keyed hashes. */
  readonly secrets: KeptFiles;
  /** Where the kept contents are files, absolute. */
  readonly contentsFolder: string;
  /** Notes what was done; the same key is noted once. */
  readonly audit: (event: string, key: string, details: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Notes the process that changes the engine on the lock, before it does anything. */
  readonly beforeExec: (pid: number) => Promise<void>;
  /** Which step of which run, the same for every attempt. */
  readonly by: string;
  readonly clock: () => number;
}
