import { type Path, pathText } from '../path.ts';
import type { PlacedFault } from '../rules/fault.ts';
import { type Bounds, outOfBounds } from '../rules/quantity.ts';
import type { ReadFile, Setting } from '../setting.ts';
import type { EffectiveConfig, PlacedSetting } from './effective.ts';

/**
 * What a section of an agent is made of, and its bounds. The documents name none, and the profiles that are shipped differ:
 * the bounds hold for all of them, and leave room (service contract, 7.5).
 */
const SETTINGS: readonly { readonly path: Path; readonly bounds: Bounds }[] = [
  { path: ['timeout_secs'], bounds: { least: '5s', most: '1m' } },
  { path: ['retry', 'max_attempts'], bounds: { least: 1, most: 10 } },
  { path: ['retry', 'initial_backoff_ms'], bounds: { least: '10ms', most: '30s' } },
  { path: ['retry', 'max_backoff_ms'], bounds: { least: '10ms', most: '1m' } },
  { path: ['circuit_breaker', 'failure_threshold'], bounds: { least: 1, most: 20 } },
  { path: ['circuit_breaker', 'cooldown_ms'], bounds: { least: '1s', most: '10m' } },
];

/** A chat that takes longer is no answer to anybody; the longest that is shipped takes 103.75 s (service contract, 5.4). */
const LONGEST_CHAT_MS = 120_000;

/** Each file that has `[agents]` has a whole section for `default`, and whole ones for the others (service contract, 7.4). */
export function completeFaults({ files }: EffectiveConfig): readonly PlacedFault[] {
  return files.flatMap((file) => {
    const agents = agentsIn(file.settings);
    if (agents.size === 0) return [];
    return [...new Set(['default', ...agents])].flatMap((agent) => missingIn(file, agent));
  });
}

function missingIn(file: ReadFile, agent: string): readonly PlacedFault[] {
  const held = new Set(file.settings.map(({ path }) => pathText(path)));
  const paths = SETTINGS.map(({ path }): Path => ['agents', agent, ...path]);
  const missing = paths.filter((path) => !held.has(pathText(path)));
  if (missing.length === paths.length) return [{ file, path: ['agents', agent], says: 'is missing' }];
  return missing.map((path) => ({ file, path, says: 'is missing' }));
}

/** Time-outs, retries and circuit breakers of every agent are within bounds. */
export function boundsFaults({ settings }: EffectiveConfig): readonly PlacedFault[] {
  return [...agentsIn([...settings.values()])].flatMap((agent) => {
    const single = SETTINGS.flatMap(({ path, bounds }): readonly PlacedFault[] => {
      const setting = settings.get(pathText(['agents', agent, ...path]));
      const says = setting && valueFault(setting, bounds);
      return setting && says ? [{ file: setting.file, path: setting.path, says }] : [];
    });
    return single.length > 0 ? single : togetherFaults(agent, settings);
  });
}

function valueFault(setting: Setting, bounds: Bounds): string | undefined {
  if (setting.kind !== 'whole number') return 'is no whole number';
  return outOfBounds(setting, true, bounds);
}

/** What is wrong with values that are each within bounds. */
function togetherFaults(agent: string, settings: ReadonlyMap<string, PlacedSetting>): readonly PlacedFault[] {
  const values = SETTINGS.map(({ path }) => settings.get(pathText(['agents', agent, ...path])));
  const [timeout, attempts, first, most] = values.map((setting) => Number(setting?.value));
  const [timeoutSetting, , firstSetting] = values;
  if (timeoutSetting === undefined || firstSetting === undefined || !timeout || !attempts || !first || !most)
    return [];
  const faults: PlacedFault[] = [];
  if (first > most) {
    faults.push({ file: firstSetting.file, path: firstSetting.path, says: 'is more than max_backoff_ms' });
  }
  const waits = Array.from({ length: attempts - 1 }, (_, index) => Math.min(first * 2 ** index, most));
  const longest = attempts * timeout * 1000 + waits.reduce((sum, wait) => sum + wait, 0);
  if (longest > LONGEST_CHAT_MS) {
    const says = `makes a chat of ${longest / 1000} s possible (${attempts} attempts with their waits), expected at most ${LONGEST_CHAT_MS / 1000} s`;
    faults.push({ file: timeoutSetting.file, path: timeoutSetting.path, says });
  }
  return faults;
}

function agentsIn(settings: readonly Setting[]): ReadonlySet<string> {
  return new Set(
    settings.filter(({ path }) => path[0] === 'agents' && path.length > 1).map(({ path }) => String(path[1])),
  );
}
