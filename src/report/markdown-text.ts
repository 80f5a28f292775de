/** A row of a table of two columns. */
export function row([name, value]: readonly [string, string]): string {
  return `| ${name} | ${cell(value)} |`;
}

/** Text from outside must not end a table cell. */
export function cell(text: string): string {
  return line(text).replaceAll('|', '\\|');
}

/** One line of text from outside, which starts no link, image or HTML of its own. */
export function line(text: string): string {
  return text
    .replaceAll(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
    .replaceAll(/[\\[\]]/g, '\\$&')
    .replaceAll('<', '&lt;');
}

/** A code block whose fence is longer than any inside it. */
export function fenced(language: string, text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, text, fence, ''];
}
