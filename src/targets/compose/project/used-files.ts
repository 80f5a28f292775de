import type { UsedFile } from './compose-service.ts';
import { type Layers, type ReadContext, rootValue } from './layers.ts';
import { merge } from './merge.ts';
import type { TextPlace } from './piece.ts';
import { within } from './project-files.ts';
import { asList, isMapping, type Mapping, unmarked, type Value } from './value.ts';

/**
 * Every file that decides what a service is, each once for what it is used as. Bind mounts are those within the
 * project folder; whether one is a file or a folder shows when it is read. Secrets are left out.
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
function configFiles(definition: Mapping, { merged, budget }: Layers & ReadContext): readonly UsedFile[] {
  const sources = asList(definition.configs).flatMap((item) =>
    isMapping(item) && typeof item.source === 'string' ? item.source : [],
  );
  if (sources.length === 0) return [];
  const configs = merged.reduce<Value>((earlier, layer) => {
    const own = unmarked(rootValue('configs', layer, budget));
    return merge(earlier, isMapping(own) ? withPaths(own, layer.folder) : null);
  }, {});
  return sources.flatMap((source) => {
    const config = isMapping(configs) && Object.hasOwn(configs, source) ? configs[source] : undefined;
    return isMapping(config) && typeof config.file === 'string' ? named(config.file, 'config') : [];
  });
}

function withPaths(configs: Mapping, folder: string): Mapping {
  return Object.fromEntries(
    Object.entries(configs).map(([name, config]) => [
      name,
      isMapping(config) && typeof config.file === 'string'
        ? { ...config, file: within(folder, config.file) }
        : config,
    ]),
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
