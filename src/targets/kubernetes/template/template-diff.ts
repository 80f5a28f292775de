import { createMasker, type Masker } from '../../../domain/masking/mask-value.ts';
import type { RawObject } from '../api/resources.ts';
import { withoutHash } from './fingerprint.ts';
import { type MaskedTemplate, maskTemplate } from './template-mask.ts';

/** Longest diff, in characters: it goes into workflow history. */
const DIFF_LIMIT = 4_096;

/**
 * Unified diff of two templates as YAML with sorted keys; whatever may be a secret is masked, and where that hides a
 * difference the diff says so. At most 4 KB.
 */
export async function diffTemplates(
  from: { readonly name: string; readonly template: RawObject },
  to: { readonly name: string; readonly template: RawObject },
  masker: Masker = createMasker(),
): Promise<string> {
  const [{ createTwoFilesPatch }, yaml] = await Promise.all([import('diff'), import('yaml')]);
  const old = maskTemplate(withoutHash(from.template), masker);
  const wanted = maskTemplate(withoutHash(to.template), masker);
  const text = ({ template }: MaskedTemplate) =>
    yaml.stringify(template, { sortMapEntries: true, lineWidth: 0 });
  const patch = createTwoFilesPatch(from.name, to.name, text(old), text(wanted), '', '', { context: 3 });
  // The first line is a ruler that tells nothing.
  const diff = patch.replace(/^=+\n/, '');
  const differs = JSON.stringify(old.hidden) !== JSON.stringify(wanted.hidden);
  const note = differs ? '# a masked value differs\n' : '';
  return `${cut(diff, DIFF_LIMIT - note.length)}${note}`;
}

function cut(diff: string, limit: number): string {
  if (diff.length <= limit) return diff;
  const whole = diff.lastIndexOf('\n', limit - 80);
  const left = diff.slice(whole + 1).split('\n').length - 1;
  return `${diff.slice(0, whole + 1)}# … ${left} more lines\n`;
}
