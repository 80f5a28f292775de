import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { variablesChanged, withVariablesOf } from '../project/index.ts';

/** Env files in which the variables of a service are as they were. */
export interface RestoredVariables {
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly warnings: readonly string[];
}

/**
 * The variables of `.env` that the service uses, as they were when its version was recorded, setting by setting: what others
 * have changed in the same file stays. One that another service uses too comes back only where the profile says so
 * (`sharedFiles: change`). That of the image is left to the edit of its place.
 * @param before the project as it was recorded. @param kept the recorded files for interpolation that differ.
 */
export function restoreVariables(
  now: LoadedProject,
  before: LoadedProject,
  kept: ReadonlyMap<string, Buffer>,
  { sharedFiles }: Pick<ComposeProfile, 'sharedFiles'>,
): RestoredVariables {
  const contents = new Map<string, Buffer>();
  const warnings: string[] = [];
  for (const [path, content] of kept) {
    const current = now.read.get(path);
    if (!current) continue;
    const then = content.toString('utf8');
    const used = [...now.service.variables, ...before.service.variables].filter((one) => one.path === path);
    const { site } = now.service;
    const names = new Set(used.map(({ name }) => name).filter((name) => !isOfImage(path, name, site)));
    const asFile = now.service.othersUsing.get(path)?.asFile ?? [];
    const back: string[] = [];
    for (const name of variablesChanged(current.text, then, names)) {
      const others = [
        ...new Set([...asFile, ...used.filter((one) => one.name === name).flatMap((one) => one.others)]),
      ];
      if (others.length === 0 || sharedFiles === 'change') back.push(name);
      if (others.length > 0) warnings.push(sharedVariable(`${name} in ${path}`, others, sharedFiles));
    }
    if (back.length > 0) contents.set(path, Buffer.from(withVariablesOf(current.text, then, back)));
  }
  return { contents, warnings };
}

function isOfImage(path: string, name: string, site: LoadedProject['service']['site']): boolean {
  return site.path === path && site.variable === name;
}

function sharedVariable(
  what: string,
  others: readonly string[],
  policy: ComposeProfile['sharedFiles'],
): string {
  const used = `${what} is used by ${others.join(', ')} too`;
  return policy === 'change'
    ? `${used}: their next up takes what it holds then`
    : `${used}, and is not what it was when the version was recorded: it stays as it is (sharedFiles: change brings it back)`;
}
