import type { RunOutcome } from '../../domain/ledger.ts';
import type { Notification } from '../notifier.ts';

/** Slack refuses a section text over 3000 characters; escapes count. */
const TEXT_LIMIT = 2900;
const LINE_LIMIT = 300;

const MARKS: Readonly<Record<RunOutcome, string>> = {
  running: ':hourglass_flowing_sand:',
  'rolled-back': ':white_check_mark:',
  'already-there': ':white_check_mark:',
  'not-proved': ':warning:',
  planned: ':memo:',
  expired: ':x:',
  'known-good': ':white_check_mark:',
  'not-known-good': ':warning:',
  failed: ':x:',
  cancelled: ':no_entry_sign:',
  restored: ':warning:',
  joined: ':link:',
  'stayed-well': ':white_check_mark:',
  superseded: ':fast_forward:',
  'changed-back': ':warning:',
  'not-well-again': ':x:',
};

/** A message in Slack's form. `text` says everything for receivers that know no blocks. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly object[];
}

/** The notification as a Slack message: headline, lines, and where the run is seen. */
export function slackMessage(notification: Notification): SlackMessage {
  const { outcome, headline, lines, workflowId, link, at, environment } = notification;
  const title = `${MARKS[outcome]} *${slackText(headline)}*`;
  const details = capped(lines.map((line) => `• ${slackText(line)}`));
  const run = link ? `<${slackAddress(link)}|${slackText(workflowId)}>` : slackText(workflowId);
  const context = `${slackText(environment)} · ${slackText(at)} · ${run}`;
  return {
    text: [title, ...(details ? [details] : []), context].join('\n'),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: title } },
      ...(details ? [{ type: 'section', text: { type: 'mrkdwn', text: details } }] : []),
      { type: 'context', elements: [{ type: 'mrkdwn', text: context }] },
    ],
  };
}

/**
 * Text that people gave, made harmless: `&`, `<` and `>` escaped as Slack asks, which takes `<!here>` and links
 * with it; a zero-width space takes the effect from the plain `@here` that Slack-compatible receivers obey.
 */
export function slackText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const short = line.length <= LINE_LIMIT ? line : `${line.slice(0, LINE_LIMIT - 1).toWellFormed()}…`;
  return short
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/@(?=here\b|channel\b|everyone\b|all\b)/gi, '@\u200b');
}

function slackAddress(link: string): string {
  return link.replaceAll('&', '&amp;').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('|', '%7C');
}

function capped(lines: readonly string[]): string {
  let text = '';
  for (const [index, line] of lines.entries()) {
    if (text.length + line.length > TEXT_LIMIT) return `${text}\n… ${lines.length - index} more lines`.trim();
    text = text === '' ? line : `${text}\n${line}`;
  }
  return text;
}
