import { Markup, markupTag } from './markup.ts';
import { sentence } from './visible.ts';

/** Slack's mrkdwn, which receivers of Slack's form read as Markdown. */
export type SlackMarkup = Markup<'mrkdwn'>;

/** Of one text from outside, in characters: room for a command with a long id, and with every escape within a section. */
const TEXT_LIMIT = 550;
/** White space of no width to speak of: beside it a sign of formatting neither opens nor closes anything. */
const HAIR = '\u200a';
/** Takes a word apart that a receiver would obey. */
const NOTHING = '\u200b';

/** One line of mrkdwn: `slack`*${headline}*``. */
export const slack = markupTag('mrkdwn', escaped);

/**
 * Text from outside: `&`, `<` and `>` escaped as Slack asks, which takes `<!here>` and links with it. mrkdwn has no
 * escape for its other signs: white space that is not seen takes the effect from them where they would have one, and
 * from the plain `@here` and links of receivers that read Markdown.
 */
function escaped(text: string): string {
  const line = sentence(text);
  const short = line.length <= TEXT_LIMIT ? line : `${line.slice(0, TEXT_LIMIT - 1).toWellFormed()}…`;
  return short
    .replaceAll(/[*~`]+|(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu, `${HAIR}$&${HAIR}`)
    .replaceAll(/\](?=[([])/g, `]${NOTHING}`)
    .replaceAll(/(?<![\p{L}\p{N}]):(?=[a-z+][\w+-]*:)/giu, `:${NOTHING}`)
    .replaceAll(/@(?=here\b|channel\b|everyone\b|all\b)/gi, `@${NOTHING}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** A link that nothing in its address leads out of. */
export function slackLink(address: string, label: string): SlackMarkup {
  // What is escaped already stays so.
  const safe = encodeURI(address.toWellFormed()).replaceAll('%25', '%').replaceAll('&', '&amp;');
  return new Markup('mrkdwn', `<${safe}|${slack`${label}`.text}>`);
}
