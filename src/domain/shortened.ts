/** What Temporal keeps of the one-line summary of a workflow, timer or activity, in bytes of UTF-8. */
export const SUMMARY_LIMIT = 400;

/** The beginning of a text, whole characters only. @param limit in bytes of UTF-8 */
export function shortened(text: string, limit: number): string {
  const bytes = (value: string) => new TextEncoder().encode(value).length;
  if (bytes(text) <= limit) return text;
  let kept = '';
  let left = limit - bytes('…');
  for (const character of text) {
    left -= bytes(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}
