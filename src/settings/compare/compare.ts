import { createMasker, type Masker } from '../../domain/masking/mask-value.ts';
import { pathText } from '../path.ts';
import type { ReadFile, Setting } from '../setting.ts';
import { excerpt, excerpts } from './excerpt.ts';
import { type ShownFile, shownFile } from './shown.ts';

/** One setting that is not what it was. */
export interface SettingChange {
  readonly object: string;
  readonly key: string;
  /** `llm.default_provider`; empty for a key or file that is one setting. */
  readonly path: string;
  /** `retyped`: `8080` is `"8080"` now, which a program may refuse. */
  readonly change: 'added' | 'removed' | 'changed' | 'retyped';
  /** Its value masked and cut, where there is one and it is no secret. */
  readonly before?: string;
  readonly after?: string;
}

/** What differs between two configs. */
export interface SettingsDifference {
  readonly changes: readonly SettingChange[];
  /** Changes beyond the limit. */
  readonly left: number;
}

/** More changes are counted, not told: the difference goes into workflow history. */
const CHANGES_LIMIT = 100;

/**
 * What differs between two configs, setting by setting, in the order of the first. Of a secret it is told that it differs,
 * and nothing else.
 *
 * @param masker what is a secret, beside what looks like one: the profile's `diff.mask`
 */
export function compareSettings(
  before: readonly ReadFile[],
  after: readonly ReadFile[],
  masker: Masker = createMasker(),
): SettingsDifference {
  const [old, now] = [byPlace(before), byPlace(after)];
  const places = [...new Set([...old.keys(), ...now.keys()])];
  const changes: SettingChange[] = [];
  let left = 0;
  for (const place of places) {
    for (const change of changesOf(old.get(place), now.get(place), masker)) {
      if (changes.length < CHANGES_LIMIT) changes.push(change());
      else left += 1;
    }
  }
  return { changes, left };
}

function byPlace(files: readonly ReadFile[]): ReadonlyMap<string, ReadFile> {
  return new Map(files.map((file) => [JSON.stringify([file.object, file.key]), file]));
}

/** Each change as it will be shown: masking takes longer than to see that there is one. */
function* changesOf(
  before: ReadFile | undefined,
  after: ReadFile | undefined,
  masker: Masker,
): Generator<() => SettingChange> {
  const one = before ?? after;
  if (!one) return;
  const { object, key } = one;
  // What was secret on one side is not shown on the other.
  const secret = before?.secret === true || after?.secret === true;
  if (before && after && isUnreadAlone(before, after)) {
    yield () => ({
      object,
      key,
      path: '',
      change: 'changed',
      before: legible(before),
      after: legible(after),
    });
    return;
  }
  const [old, now] = [settingsOf(before), settingsOf(after)];
  const showOld = before && shownFile({ ...before, secret }, masker);
  const showNow = after && shownFile({ ...after, secret }, masker);
  for (const place of new Set([...old.keys(), ...now.keys()])) {
    const [from, to] = [old.get(place), now.get(place)];
    if (from && to && from.kind === to.kind && from.value === to.value) continue;
    yield () => {
      const path = (showOld ?? showNow)?.path((from ?? to)?.path ?? []) ?? '';
      return { object, key, path, ...changeOf(from, to, showOld, showNow) };
    };
  }
}

function settingsOf(file: ReadFile | undefined): ReadonlyMap<string, Setting> {
  return new Map(file?.settings.map((setting) => [pathText(setting.path), setting]));
}

/** One side cannot be read and the other can: there are no settings to compare. */
function isUnreadAlone(before: ReadFile, after: ReadFile): boolean {
  return (before.unread === undefined) !== (after.unread === undefined);
}

function legible({ format, unread }: ReadFile): string {
  if (!unread) return format;
  return `${unread.says}${unread.line === undefined ? '' : ` (line ${unread.line})`}`;
}

function changeOf(
  from: Setting | undefined,
  to: Setting | undefined,
  showOld: ShownFile | undefined,
  showNow: ShownFile | undefined,
): Pick<SettingChange, 'change' | 'before' | 'after'> {
  const before = from && showOld?.value(from);
  const after = to && showNow?.value(to);
  if (!from || !to) {
    return {
      change: from ? 'removed' : 'added',
      ...(before !== undefined && { before: excerpt(before) }),
      ...(after !== undefined && { after: excerpt(after) }),
    };
  }
  const change = from.kind === to.kind ? 'changed' : 'retyped';
  // Where only what is masked differs, two equal texts would say that nothing does.
  if (before === undefined || after === undefined || before === after) return { change };
  const [shownBefore, shownAfter] = excerpts(before, after);
  return { change, before: shownBefore, after: shownAfter };
}
