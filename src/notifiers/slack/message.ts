import type { RunOutcome } from '../../domain/ledger/ledger.ts';
import { joined } from '../../domain/media/markup.ts';
import { type SlackMarkup, slack, slackLink } from '../../domain/media/slack.ts';
import type { Notification } from '../notifier.ts';

/** Slack refuses a section text over 3000 characters; escapes count. */
const TEXT_LIMIT = 2900;
/** A longer address, of a very long id, leaves no room for the rest. */
const LINK_LIMIT = 1000;

const MARKS: Readonly<Record<RunOutcome, SlackMarkup>> = {
  running: slack`:hourglass_flowing_sand:`,
  'rolled-back': slack`:white_check_mark:`,
  'already-there': slack`:white_check_mark:`,
  'not-proved': slack`:warning:`,
  'not-warranted': slack`:mag:`,
  planned: slack`:memo:`,
  expired: slack`:x:`,
  'known-good': slack`:white_check_mark:`,
  'not-known-good': slack`:warning:`,
  failed: slack`:x:`,
  cancelled: slack`:no_entry_sign:`,
  restored: slack`:warning:`,
  joined: slack`:link:`,
  'stayed-well': slack`:white_check_mark:`,
  superseded: slack`:fast_forward:`,
  'changed-back': slack`:warning:`,
  'not-well-again': slack`:x:`,
};

/** A message in Slack's form. `text` says everything for receivers that know no blocks. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly object[];
}

/** The notification as a Slack message: headline, lines, and where the run is seen. */
export function slackMessage(notification: Notification): SlackMessage {
  const { outcome, headline, lines, workflowId, link, at, environment } = notification;
  const title = slack`${MARKS[outcome]} *${headline}*`;
  const details = capped(lines.map((line) => slack`• ${line}`));
  const run = link && link.length <= LINK_LIMIT ? slackLink(link, workflowId) : workflowId;
  const context = slack`${environment} · ${at} · ${run}`;
  const said = [title, ...(details ? [details] : []), context];
  return {
    text: joined('mrkdwn', said, '\n').text,
    blocks: [
      { type: 'section', text: mrkdwn(title) },
      ...(details ? [{ type: 'section', text: mrkdwn(details) }] : []),
      { type: 'context', elements: [mrkdwn(context)] },
    ],
  };
}

/** As it stands: Slack makes no link of an address or a name that somebody wrote. */
function mrkdwn({ text }: SlackMarkup): object {
  return { type: 'mrkdwn', text, verbatim: true };
}

function capped(lines: readonly SlackMarkup[]): SlackMarkup | undefined {
  let length = 0;
  const shown = lines.findIndex(({ text }) => {
    length += text.length + 1;
    return length > TEXT_LIMIT;
  });
  if (shown < 0) return lines.length > 0 ? joined('mrkdwn', lines, '\n') : undefined;
  return joined('mrkdwn', [...lines.slice(0, shown), slack`… ${lines.length - shown} more lines`], '\n');
}
