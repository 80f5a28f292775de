import type { Layers, ReadContext } from '../files/layers.ts';
import { within } from '../files/project-files.ts';
import { sourcesOf, sourcesUsed, topLevel } from '../files/top-level.ts';
import type { TextPlace } from '../text/piece.ts';
import { asList, isMapping, type Mapping, type Value } from '../text/value.ts';
import type { UsedFile } from './compose-service.ts';

/**
 * Every file that decides what a service is, each once for what it is used as. Bind mounts are those within the
 * project folder; whether one is a file or a folder shows when it is read.
 * @param places where the parts of the service's strings stand.
 */
export function usedFiles(
  definition: Mapping,
  places: readonly TextPlace[],
  layers: Layers & ReadContext,
): readonly UsedFile[] {
  const composePaths = layers.files.composePaths;
  const found: UsedFile[] = [
    ...composePaths.map((path) => ({ path, kind: 'compose' }) as const),
    ...places
      .filter(({ path }) => !composePaths.includes(path))
      .map(({ path }) => ({ path, kind: 'interpolation' }) as const),
    ...asList(definition.env_file).flatMap(envFile),
    ...asList(definition.label_file).flatMap((path) =>
      typeof path === 'string' ? named(path, 'env-file') : [],
    ),
    ...configFiles(definition, layers),
    ...asList(definition.volumes).flatMap(bindMount),
    ...secretFiles(definition, layers),
  ];
  return [...new Map(found.map((file) => [`${file.kind} ${file.path}`, file])).values()];
}

function named(path: string, kind: UsedFile['kind']): readonly UsedFile[] {
  return [{ path, kind }];
}

function envFile(item: Value): readonly UsedFile[] {
  if (!isMapping(item) || typeof item.path !== 'string') return [];
  return [
    { path: item.path, kind: 'env-file', ...(item.required === false && { mayBeMissing: true as const }) },
  ];
}

/** Top-level `configs` that the service uses and that are files. */
function configFiles(definition: Mapping, layers: Layers & ReadContext): readonly UsedFile[] {
  const sources = sourcesOf(definition.configs);
  if (sources.length === 0) return [];
  const configs = topLevel('configs', layers);
  return sources.flatMap((source) => {
    const config = Object.hasOwn(configs, source) ? configs[source] : undefined;
    return isMapping(config) && typeof config.file === 'string' ? named(config.file, 'config') : [];
  });
}

/** Whether one can be read shows when it is: nothing hangs on it. */
function secretFiles(definition: Mapping, layers: Layers & ReadContext): readonly UsedFile[] {
  return [...sourcesUsed('secrets', definition, layers).values()].flatMap((source) =>
    source.from === 'file' ? [{ path: source.path, kind: 'secret', mayBeMissing: true }] : [],
  );
}

function bindMount(item: Value): readonly UsedFile[] {
  const source = bindSource(item);
  if (source === undefined) return [];
  const path = within('.', source);
  return /^(\.\.?(\/|$)|\/|~)/.test(path) ? [] : named(path, 'bind');
}

function bindSource(item: Value): string | undefined {
  if (typeof item === 'string') return item.startsWith('.') ? item.split(':')[0] : undefined;
  return isMapping(item) && item.type === 'bind' && typeof item.source === 'string' ? item.source : undefined;
}
