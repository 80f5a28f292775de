/** What a shell takes as it is. */
const PLAIN = /^(?!=)[\w./:=+,%-]+$/;
/** What stands between quotes as it is: all that is seen, but for signs that a medium would take away or act on. */
const QUOTABLE = /^[\w./:=+,%\-\u00c0-\u024f ;#$"'!?^&|<>(){}]+$/;
/** Of these too a medium makes one space, or letters that lean. */
const FRAGILE = / {2}|(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/u;

/**
 * A word that people paste into a shell, which reads it as the very text: as it is, in quotes, or as `$'…'` (bash, zsh,
 * ksh; POSIX.1-2024) where something in it would not be seen, or would not outlive the medium.
 */
export function shellWord(text: string): string {
  if (!FRAGILE.test(text)) {
    if (PLAIN.test(text)) return text;
    if (QUOTABLE.test(text) || text === '') return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  }
  const bytes = [...new TextEncoder().encode(text)];
  const parts = bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    const isPlain = byte < 0x80 && QUOTABLE.test(character) && !/['_ ]/.test(character);
    return isPlain ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `$'${parts.join('')}'`;
}

/** What people fill in themselves: `<answer>`. */
export interface Blank {
  readonly blank: string;
}

/**
 * A command of this runbook for people to paste.
 * @param args from wherever; each becomes one word
 * @param options ours, as they stand: `--by <name>`
 */
export function runbookCommand(command: string, args: readonly (string | Blank)[], options = ''): string {
  const words = args.map((arg) => (typeof arg === 'string' ? shellWord(arg) : `<${arg.blank}>`));
  // Behind "--" nothing is an option, and no option can stand there.
  const isOption = args.some((arg) => typeof arg === 'string' && arg.startsWith('-'));
  const parts = isOption ? [options, '--', ...words] : [...words, options];
  return ['runbook', command, ...parts].filter(Boolean).join(' ');
}
