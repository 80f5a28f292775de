/**
 * Whether two names mean the same person: whatever the case, the spaces, the way in which Unicode writes a letter, and
 * the signs that nobody sees.
 */
export function isSamePerson(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  const visible = name.normalize('NFKC').replaceAll(/\p{Cf}/gu, '');
  return visible.replaceAll(/\s+/g, ' ').trim().toLowerCase();
}
