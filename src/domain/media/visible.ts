/**
 * What nobody sees, or what makes the rest read otherwise: control and format characters (terminal escapes, bidirectional
 * marks, tags), ends of lines and paragraphs, halves of characters, private and unassigned ones, and fillers without a
 * glyph. The joiner and the selector of emoji stay.
 */
const UNSEEN =
  /(?![\u200d\ufe0f])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/**
 * A text from outside as one line on which everything is seen: what is in {@link UNSEEN} stands there as an escape, so
 * that two texts that differ are told apart. Every medium begins with it.
 */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => SHORT[character] ?? escapeOf(character));
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
}

/** As {@link visible}, with every run of white space as one space: for sentences, which may be several lines. */
export function sentence(text: string): string {
  return visible(text.replaceAll(/\s+/g, ' '));
}

/** JSON that means the same and has nothing unseen in it but its own ends of lines. */
export function visibleJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  return json.replace(UNSEEN, (character) => {
    if (character === '\n') return character;
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
