import { code, type Markdown, md } from '../../domain/media/markdown.ts';
import { visible } from '../../domain/media/visible.ts';
import type { SettingChange, SettingsDifference } from './compare.ts';

/** A line for each change: `configmap/app-config config.toml llm.default_provider: "openai" -> "anthropic"`. */
export function differenceLines({ changes, left }: SettingsDifference): readonly string[] {
  const lines = changes.map((change) => visible(`${placeOf(change)}: ${saysOf(change)}`));
  return left > 0 ? [...lines, moreOf(left)] : lines;
}

/** The same as a list in Markdown. */
export function differenceMarkdown({ changes, left }: SettingsDifference): readonly Markdown[] {
  const items = changes.map((change) => md`- ${code(placeOf(change))}: ${code(saysOf(change))}`);
  return left > 0 ? [...items, md`- ${moreOf(left)}`] : items;
}

function placeOf({ object, key, path }: SettingChange): string {
  return [object, key, path].filter(Boolean).join(' ');
}

function saysOf({ change, before, after }: SettingChange): string {
  switch (change) {
    case 'added':
      return after === undefined ? 'added (masked)' : `added, ${after}`;
    case 'removed':
      return before === undefined ? 'removed (masked)' : `removed, was ${before}`;
    default: {
      const values =
        before === undefined || after === undefined ? 'changed (masked)' : `${before} -> ${after}`;
      return change === 'retyped' ? `${values}, another type` : values;
    }
  }
}

function moreOf(left: number): string {
  return `and ${left} more ${left === 1 ? 'setting' : 'settings'}`;
}
