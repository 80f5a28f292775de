import { type Path, pathText } from '../path.ts';
import type { ContainerEnvironment } from '../rules/environment.ts';
import type { ReadFile, Setting } from '../setting.ts';

/** A setting with the file that it comes from. */
export interface PlacedSetting extends Setting {
  readonly file: ReadFile;
}

/** The orchestrator's config as it has it: a base, and over it the overlay of its environment (service contract, 7.4). */
export interface EffectiveConfig {
  readonly settings: ReadonlyMap<string, PlacedSetting>;
  /** The files that it is made of, each of which has to be whole. */
  readonly files: readonly ReadFile[];
  /** False where another file may be a part of it that is not here, or not this one. */
  readonly certain: boolean;
}

const NAME = /^config(?:\.([a-z0-9_-]{1,40}))?\.(?:toml|yaml|yml|json)$/i;

/** The name of a key or file that the orchestrator reads, and the environment that it is for. */
export function configName(key: string): { readonly environment?: string } | undefined {
  const match = NAME.exec(key.slice(key.lastIndexOf('/') + 1));
  if (!match) return undefined;
  return match[1] === undefined ? {} : { environment: match[1].toLowerCase() };
}

/** Signs of the orchestrator's config. Others have sections of these names too, so that alone they count under its file name only. */
const SIGNS =
  /^(?:llm\..+\.(?:model_name|api_key)|agents\..+\.(?:timeout_secs|max_attempts|failure_threshold))$/;

function isOrchestrators({ key, as = key, format, settings }: ReadFile): boolean {
  const isNamedSo = format === 'TOML' && configName(as) !== undefined;
  return settings.some(({ path }) => {
    const text = pathText(path);
    return text === 'llm.default_provider' || (isNamedSo && SIGNS.test(text));
  });
}

/**
 * The configs that the orchestrator may have: one for each base with the overlay that is live. Without a known `APP_ENV`
 * each overlay may be the one.
 */
export function effectiveConfigs(
  files: readonly ReadFile[],
  environment: ContainerEnvironment,
): readonly EffectiveConfig[] {
  const own = files.filter((file) => !file.unread && isOrchestrators(file));
  const bases = own.filter((file) => environmentOf(file) === undefined);
  const overlays = own.filter((file) => environmentOf(file) !== undefined);
  const live = liveOverlays(overlays, environment);
  const certain = live.length < 2;
  // The other part of it may be in the image.
  if (bases.length === 0) return live.map((overlay) => effective([overlay], false));
  return bases.flatMap((base) => {
    const near = live.filter((overlay) => isBeside(base, overlay) || bases.length === 1);
    return near.length === 0
      ? [effective([base], true)]
      : near.map((overlay) => effective([base, overlay], certain));
  });
}

/** The overlays of the environment that the container says it has. Without its word it may be any: the image has one too. */
function liveOverlays(
  overlays: readonly ReadFile[],
  { variables }: ContainerEnvironment,
): readonly ReadFile[] {
  const name = variables.get('APP_ENV')?.value?.trim().toLowerCase();
  return name === undefined ? overlays : overlays.filter((file) => environmentOf(file) === name);
}

function isBeside(base: ReadFile, overlay: ReadFile): boolean {
  const folderOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1);
  const placeOf = ({ key, as = key }: ReadFile) => folderOf(as);
  return base.object === overlay.object && placeOf(base) === placeOf(overlay);
}

/** The environment that a file is an overlay for; none of a base. */
function environmentOf({ key, as = key }: ReadFile): string | undefined {
  return configName(as)?.environment;
}

/** A base with its overlay, as the orchestrator merges them (service contract, 7.4). */
function effective(files: readonly ReadFile[], certain: boolean): EffectiveConfig {
  const [base, overlay] = files;
  const settings = new Map<string, PlacedSetting>();
  const put = (file: ReadFile, setting: Setting) =>
    settings.set(pathText(setting.path), { ...setting, file });
  for (const setting of base?.settings ?? []) if (base) put(base, setting);
  if (!overlay) return { settings, files, certain };
  const replaced = new Set(
    overlay.settings.map(({ path }) => providerOf(path)).filter((name) => name !== undefined),
  );
  for (const [place, { path }] of settings) {
    const provider = providerOf(path);
    if (provider !== undefined && replaced.has(provider)) settings.delete(place);
  }
  for (const setting of overlay.settings) {
    if (!keepsBase(setting) || !settings.has(pathText(setting.path))) put(overlay, setting);
  }
  return { settings, files, certain };
}

/** Where an overlay says nothing: a zero of an agent, an empty default provider. */
function keepsBase({ path, value }: Setting): boolean {
  return path[0] === 'agents'
    ? value === '0'
    : pathText(path) === 'llm.default_provider' && value.trim() === '';
}

/** The section of a provider that a path is in: `llm.openai`, or `llm.providers.openai`. */
export function providerOf(path: Path): string | undefined {
  const [top, name, inner] = path;
  if (top !== 'llm' || path.length < 3) return undefined;
  if (name === 'providers') return path.length > 3 ? String(inner) : undefined;
  return String(name);
}
