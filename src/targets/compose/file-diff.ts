import { structuredPatch } from 'diff';
import { MASK, redact } from '../../domain/redact.ts';

/** The place of the image in one of the two texts. */
export interface ImageLine {
  /** 1-based. */
  readonly line: number;
  /** As it is resolved; nothing else of the line is shown. */
  readonly image: string;
}

/** One file before and after the change. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly imageBefore?: ImageLine;
  readonly imageAfter?: ImageLine;
}

/** Longest diff, in characters: it goes into workflow history. */
const LIMIT = 4096;

/**
 * Unified diff of the files, without context: the lines around may hold secrets. Of the line of the image the image is
 * shown, of the others the name of the setting and no value (docs/decisions/0010).
 */
export function diffFiles(files: readonly ChangedFile[]): string {
  const text = files.map(diffOf).join('');
  if (text.length <= LIMIT) return text;
  const whole = text.lastIndexOf('\n', LIMIT - 80);
  const left = text.slice(whole + 1).split('\n').length - 1;
  return `${text.slice(0, whole + 1)}# … ${left} more lines\n`;
}

function diffOf({ path, before, after, imageBefore, imageAfter }: ChangedFile): string {
  const { hunks } = structuredPatch(path, path, unix(before), unix(after), '', '', { context: 0 });
  if (hunks.length === 0) return '';
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => {
    const at = { '-': oldStart, '+': newStart };
    const images = { '-': imageBefore, '+': imageAfter };
    const shown = lines
      .filter((line) => line[0] === '-' || line[0] === '+')
      .map((line) => {
        const sign = line[0] as '-' | '+';
        const image = images[sign]?.line === at[sign] ? images[sign]?.image : undefined;
        at[sign] += 1;
        return `${sign}${image === undefined ? withoutValue(line.slice(1)) : imageLineWith(line.slice(1), image)}`;
      });
    return [`@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`, ...shown];
  });
  return [`--- ${path}`, `+++ ${path}`, ...lines, ''].join('\n');
}

function unix(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** The line as it is written where it holds the image alone; else what it decides: it may hold a whole service. */
function imageLineWith(line: string, image: string): string {
  const alone = /^\s*(?:image\s*:|(?:export\s+)?\w+=)\s*["']?[\w./:@${}?+-]+["']?\s*(?=#|$)/.exec(line)?.[0];
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  return redact(alone === undefined ? `${indent}… ${image}` : alone.trimEnd());
}

/** The name of a setting, in YAML or in an env file, and nothing of what it is set to. */
function withoutValue(line: string): string {
  const [, indent = '', name, value] = /^(\s*(?:- +)?)(?:(["']?[\w.-]+["']?\s*[:=]))?(.*)$/.exec(line) ?? [];
  if (name === undefined) return value?.trim() ? `${indent}${MASK}` : '';
  return `${indent}${name}${value?.trim() ? ` ${MASK}` : ''}`;
}
