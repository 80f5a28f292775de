import { structuredPatch } from 'diff';
import { createMasker, type Masker } from '../../../domain/masking/mask-value.ts';
import { MASK, redact } from '../../../domain/redact.ts';

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
 * Unified diff of the files, without context. Of the line of the image the image is shown; of the others the name of the
 * setting, and of its value what is no secret (docs/decisions/0010).
 */
export function diffFiles(files: readonly ChangedFile[], masker: Masker = createMasker()): string {
  const text = files.map((file) => diffOf(file, masker)).join('');
  if (text.length <= LIMIT) return text;
  const whole = text.lastIndexOf('\n', LIMIT - 80);
  const left = text.slice(whole + 1).split('\n').length - 1;
  return `${text.slice(0, whole + 1)}# … ${left} more lines\n`;
}

function diffOf(file: ChangedFile, masker: Masker): string {
  const { path, before, after, imageBefore, imageAfter } = file;
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
        return `${sign}${image === undefined ? shownLine(line.slice(1), masker) : imageLineWith(line.slice(1), image)}`;
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

/** Indent, dash, `#` or `export` (1), the name of a setting with its sign, in YAML or in an env file (2), its value (3). */
const SETTING = /^(\s*(?:#\s*)?(?:-\s+)?(?:export\s+)?)(["']?[A-Za-z_][\w./-]*["']?\s*[:=])(?!\/\/)(.*)$/;

/**
 * A line without what is a secret in it. One without a name may be a part of any value, such as a block of text, and is
 * not shown; nor is `value`, whose name stands in another line.
 */
function shownLine(line: string, masker: Masker): string {
  const [, before = '', sign, value = ''] = SETTING.exec(line) ?? [];
  if (sign === undefined) {
    const [, lead = '', rest = ''] = /^(\s*(?:-\s+)?)(.*)$/.exec(line) ?? [];
    return rest.trim() ? `${lead}${lead.includes('-') ? masker.value('', rest) : MASK}` : '';
  }
  const name = sign.replaceAll(/["'\s:=]/g, '');
  const set = value.trim();
  if (set === '') return `${before}${sign}`;
  const [, said = '', comment] = /^(.*?)(\s#.*)?$/.exec(set) ?? [];
  const shown = name === 'value' ? MASK : masker.value(name, said);
  const gap = /^\s*/.exec(value)?.[0] || (shown === MASK ? ' ' : '');
  return `${before}${sign}${gap}${shown}${comment ? ` # ${MASK}` : ''}`;
}
