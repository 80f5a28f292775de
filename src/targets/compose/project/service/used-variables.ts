import type { ReadContext } from '../files/layers.ts';
import { parseEnvFile } from '../text/env-file.ts';
import type { TextPlace } from '../text/piece.ts';
import type { UsedVariable } from './compose-service.ts';

/**
 * The variables of env files for interpolation that stand in what a service is made of.
 * @param own where the parts of its strings stand. @param others the same of other services, by name.
 */
export async function usedVariables(
  own: readonly TextPlace[],
  others: ReadonlyMap<string, readonly TextPlace[]>,
  { files }: ReadContext,
): Promise<readonly UsedVariable[]> {
  const composePaths = files.composePaths;
  const paths = [...new Set(own.map(({ path }) => path))].filter((path) => !composePaths.includes(path));
  const found: UsedVariable[] = [];
  for (const path of paths) {
    const assignments = parseEnvFile(path, (await files.text(path)) ?? '');
    const namesAt = (places: readonly TextPlace[]) =>
      new Set(
        places
          .filter((place) => place.path === path)
          .flatMap((place) =>
            assignments.find(({ start, end }) => start <= place.start && place.start <= end),
          )
          .flatMap((assignment) => assignment?.name ?? []),
      );
    const theirs = [...others].map(([service, places]) => [service, namesAt(places)] as const);
    for (const name of namesAt(own)) {
      const sharers = theirs.filter(([, names]) => names.has(name)).map(([service]) => service);
      found.push({ path, name, others: sharers });
    }
  }
  return found;
}
