/** What stands where a secret stood. */
const MASK = '•••';

/** Shapes of credentials that must not be repeated, wherever they come from. */
const SECRETS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?/g, MASK],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\b(xox[abeoprs]-|gh[opsu]_|github_pat_|glpat-|sk-|AKIA|ASIA|AIza|hvs\.)[A-Za-z0-9._-]{8,}/g, MASK],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi, `$1${MASK}@`],
  [/https:\/\/hooks\.[^\s"']+/gi, MASK],
  [
    /\b([\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization)[\w-]*["']?\s*[:=]\s*["']?)(?!•)[^\s"',;&}]{4,}/gi,
    `$1${MASK}`,
  ],
];

/** Masks everything in a text that has the shape of a credential. */
export function redact(text: string): string {
  return SECRETS.reduce((masked, [shape, mask]) => masked.replace(shape, mask), text);
}

/** True when a text holds something with the shape of a credential. */
export function holdsSecret(text: string): boolean {
  return redact(text) !== text;
}
