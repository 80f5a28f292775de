import { structuredPatch } from 'diff';
import { MASK, redact } from '../../domain/redact.ts';

/** One file before and after the change. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** The line that the image stands in, 1-based; the only one whose value is shown. */
  readonly imageLine?: number;
}

/** Longest diff, in characters: it goes into workflow history. */
const LIMIT = 4096;

/**
 * Unified diff of the files, without context: the lines around may hold secrets. Of the lines that change only the one
 * of the image is shown whole; of the others the name of the setting and no value (docs/decisions/0010).
 */
export function diffFiles(files: readonly ChangedFile[]): string {
  const text = files.map(diffOf).join('');
  if (text.length <= LIMIT) return text;
  const whole = text.lastIndexOf('\n', LIMIT - 80);
  const left = text.slice(whole + 1).split('\n').length - 1;
  return `${text.slice(0, whole + 1)}# … ${left} more lines\n`;
}

function diffOf({ path, before, after, imageLine }: ChangedFile): string {
  const { hunks } = structuredPatch(path, path, unix(before), unix(after), '', '', { context: 0 });
  if (hunks.length === 0) return '';
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => {
    const at = { '-': oldStart, '+': newStart };
    const shown = lines
      .filter((line) => line[0] === '-' || line[0] === '+')
      .map((line) => {
        const sign = line[0] as '-' | '+';
        const isImage = at[sign] === imageLine;
        at[sign] += 1;
        return `${sign}${isImage ? redact(line.slice(1)) : withoutValue(line.slice(1))}`;
      });
    return [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...shown];
  });
  return [`--- ${path}`, `+++ ${path}`, ...lines, ''].join('\n');
}

function unix(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** The name of a setting, in YAML or in an env file, and nothing of what it is set to. */
function withoutValue(line: string): string {
  const [, indent = '', name, value] = /^(\s*(?:- +)?)(?:(["']?[\w.-]+["']?\s*[:=]))?(.*)$/.exec(line) ?? [];
  if (name === undefined) return value?.trim() ? `${indent}${MASK}` : '';
  return `${indent}${name}${value?.trim() ? ` ${MASK}` : ''}`;
}
