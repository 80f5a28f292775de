import { redact } from '../../domain/redact.ts';
import { withoutHash } from './fingerprint.ts';
import type { RawJson, RawObject } from './resources.ts';

/** Longest diff, in characters: it goes into workflow history. */
const DIFF_LIMIT = 4_096;
const MASK = '•••';
const SECRET_NAME =
  /pass(word|wd|phrase)?|secret|token|api[_-]?key|credential|private[_-]?key|auth|dsn|_key$/i;

/**
 * Unified diff of two templates as YAML with sorted keys. Values of environment variables whose names look secret
 * are masked, and so is whatever else has the shape of a credential. At most 4 KB.
 */
export async function diffTemplates(
  from: { readonly name: string; readonly template: RawObject },
  to: { readonly name: string; readonly template: RawObject },
): Promise<string> {
  const [{ createTwoFilesPatch }, yaml] = await Promise.all([import('diff'), import('yaml')]);
  const text = (template: RawObject) =>
    redact(yaml.stringify(masked(withoutHash(template)), { sortMapEntries: true, lineWidth: 0 }));
  const patch = createTwoFilesPatch(from.name, to.name, text(from.template), text(to.template), '', '', {
    context: 3,
  });
  // The first line is a ruler that tells nothing.
  const diff = patch.replace(/^=+\n/, '');
  if (secretsOf(from.template) !== secretsOf(to.template)) {
    return cut(`${diff}# a masked value differs\n`);
  }
  return cut(diff);
}

function cut(diff: string): string {
  if (diff.length <= DIFF_LIMIT) return diff;
  const whole = diff.lastIndexOf('\n', DIFF_LIMIT - 80);
  const left = diff.slice(whole + 1).split('\n').length - 1;
  return `${diff.slice(0, whole + 1)}# … ${left} more lines\n`;
}

/** Masks `{name, value}` of environment variables, wherever they stand in the template. */
function masked(value: RawJson): RawJson {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]): [string, RawJson] => [
    key,
    masked(member ?? null),
  ]);
  return { ...Object.fromEntries(entries), ...(isSecret(value) ? { value: MASK } : {}) };
}

function isSecret({ name, value }: RawObject): boolean {
  return typeof name === 'string' && typeof value === 'string' && SECRET_NAME.test(name);
}

/** Everything that is masked, to tell whether it differs. Never leaves this module. */
function secretsOf(value: RawJson): string {
  if (Array.isArray(value)) return value.map(secretsOf).join('');
  if (typeof value !== 'object' || value === null) return '';
  const own = isSecret(value) ? JSON.stringify([value.name, value.value]) : '';
  return (
    own +
    Object.keys(value)
      .sort()
      .map((key) => secretsOf(value[key] ?? null))
      .join('')
  );
}
