/** What stands where a secret was forgotten (service contract, 7.2). */
const PLACEHOLDERS: readonly [RegExp, string][] = [
  [/^replace[_-]?(me|with[\w-]*)$/i, 'a placeholder'],
  [/^change[_-]?me$/i, 'a placeholder'],
  [/\{\{/, 'an unresolved {{variable}}'],
  [/\$\{/, 'an unresolved $' + '{variable}'],
];

/** Says what a value is when it is a placeholder; nothing for a real value. */
export function placeholderIn(value: string): string | undefined {
  return PLACEHOLDERS.find(([shape]) => shape.test(value.trim()))?.[1];
}
