import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { definitionKeysChanged, sameButForService } from '../project/index.ts';
import { restoreVariables } from './restored-variables.ts';

/** Reads the kept content of a file by the hash that it is pinned by; nothing when it is not kept. */
export type KeptContents = (sha256: string, kind: ComposeFilePin['kind']) => Promise<Buffer | undefined>;

/** What of its project's files comes back with a version. */
export interface RestoredConfig {
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Files of these in which variables of the service alone come back. */
  readonly edited: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/** The config of a version that was recorded. */
export interface RecordedConfig {
  readonly files: readonly ComposeFilePin[];
  readonly definitionHash: string;
  readonly image: string;
}

type Load = (instead: ReadonlyMap<string, Buffer>) => Promise<LoadedProject>;

/**
 * Which files have to change so that the service has the config again that was recorded with its version (runbook 5).
 * Env and config files come back whole, files for interpolation in the variables of the service. A compose file comes back only
 * when it differs inside this service alone: what others have changed in it stays, and the difference is told.
 * @throws ReferenceMissing when the content of a file is not kept any more.
 */
export async function restoreConfig(
  recorded: RecordedConfig,
  now: LoadedProject,
  kept: KeptContents,
  load: Load,
  policy: Pick<ComposeProfile, 'sharedFiles'>,
): Promise<RestoredConfig> {
  const files = await wholeFiles(recorded, now, kept);
  const definition = await definitionFiles(recorded, now, kept);
  const all = new Map([...files, ...definition.compose, ...definition.interpolation]);
  const isOther = definition.compose.size + definition.interpolation.size > 0;
  const before = isOther ? await unlessRefused(() => load(all)) : undefined;
  const variables = before
    ? restoreVariables(now, before, without(definition.interpolation, files), policy)
    : { contents: NONE, warnings: [] };
  const contents = new Map([...files, ...variables.contents]);
  const edited = new Set(variables.contents.keys());
  const restored = contents.size > 0 ? await load(contents) : now;
  const isRestored = restored.service.definitionHash === recorded.definitionHash;
  if (!isRestored && definition.own.size > 0) {
    const both = new Map([...contents, ...definition.own]);
    const whole = await load(both);
    if (whole.service.definitionHash === recorded.definitionHash) {
      return { contents: both, edited, warnings: variables.warnings };
    }
  }
  const keysOf = (part: 'definition' | 'surroundings') =>
    before ? definitionKeysChanged(before.service[part], restored.service[part]) : [];
  const around = keysOf('surroundings');
  return {
    contents,
    edited,
    warnings: [
      ...variables.warnings,
      ...(isRestored ? [] : [stays(now, keysOf('definition'))]),
      ...(around.length > 0 ? [surroundingsStay(now, around)] : []),
    ],
  };
}

/** Env files, configs, single files that are mounted, and secrets that are kept. */
async function wholeFiles(
  { files }: RecordedConfig,
  now: LoadedProject,
  kept: KeptContents,
): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (const { path, kind, sha256 } of files) {
    const current = now.files.find((file) => file.path === path);
    if (kind === 'compose' || kind === 'interpolation' || current?.sha256 === sha256) continue;
    if (kind === 'secret') {
      // What cannot come back is named in the plan, and stays.
      const content = current && (await kept(sha256, kind));
      if (content) contents.set(path, content);
      continue;
    }
    if (!current) {
      // One that the service does not use any more is a matter of its definition.
      if (!now.service.usedFiles.some((file) => file.path === path)) continue;
      throw new RunbookError(
        'ReferenceMissing',
        `${path}, with which the version was recorded, is not there any more: put it back (its content is kept as contents/${sha256} in the state folder)`,
      );
    }
    const content = await kept(sha256, kind);
    if (!content) {
      throw new RunbookError(
        'ReferenceMissing',
        `${path} has changed since the version was recorded, and its content of then is not kept: put it back, or set config: keep in the profile`,
      );
    }
    contents.set(path, content);
  }
  return contents;
}

/** Recorded compose files and files for interpolation that are kept and differ. */
interface DefinitionFiles {
  readonly compose: ReadonlyMap<string, Buffer>;
  /** Of these the ones that differ inside this service alone. */
  readonly own: ReadonlyMap<string, Buffer>;
  readonly interpolation: ReadonlyMap<string, Buffer>;
}

async function definitionFiles(
  { files }: RecordedConfig,
  now: LoadedProject,
  kept: KeptContents,
): Promise<DefinitionFiles> {
  const [compose, own, interpolation] = [0, 1, 2].map(() => new Map<string, Buffer>()) as [
    Map<string, Buffer>,
    Map<string, Buffer>,
    Map<string, Buffer>,
  ];
  for (const { path, kind, sha256 } of files) {
    const current = now.read.get(path);
    if ((kind !== 'compose' && kind !== 'interpolation') || !current || current.sha256 === sha256) continue;
    const content = await kept(sha256, kind);
    if (!content) continue;
    (kind === 'compose' ? compose : interpolation).set(path, content);
    if (
      kind === 'compose' &&
      sameButForService(content.toString('utf8'), current.text, now.service.ownIn(path))
    ) {
      own.set(path, content);
    }
  }
  return { compose, own, interpolation };
}

const NONE: ReadonlyMap<string, Buffer> = new Map();

function without(
  files: ReadonlyMap<string, Buffer>,
  others: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Buffer> {
  return new Map([...files].filter(([path]) => !others.has(path)));
}

/** Old files may not fit together any more; that they do not is no reason to stop. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RunbookError) return undefined;
    throw error;
  }
}

function stays({ service }: LoadedProject, keys: readonly string[]): string {
  const shown = keys.slice(0, 8).join(', ');
  const what = keys.length > 0 ? ` (${shown}${keys.length > 8 ? ', …' : ''})` : '';
  return `the definition of ${service.name} is not what it was when the version was recorded${what}, and its files hold other changes too: it stays as it is`;
}

function surroundingsStay({ service }: LoadedProject, keys: readonly string[]): string {
  return `${keys.slice(0, 8).join(', ')}${keys.length > 8 ? ', …' : ''} of the project, which ${service.name} uses, is not what it was when the version was recorded: it stays as it is`;
}
