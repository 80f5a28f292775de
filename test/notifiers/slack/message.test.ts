import { describe, expect, it } from 'vitest';
import { RUN_OUTCOMES } from '../../../src/domain/ledger/ledger.ts';
import { slack } from '../../../src/domain/media/slack.ts';
import { slackMessage } from '../../../src/notifiers/slack/message.ts';
import { notification } from '../surroundings.ts';

const everything = (changes: Parameters<typeof notification>[0]) =>
  JSON.stringify(slackMessage(notification(changes)));

describe('a Slack message', () => {
  it('says everything in its text, for receivers that know no blocks', () => {
    const { text, blocks } = slackMessage(
      notification({ link: 'http://127.0.0.1:8233/workflows/x?a=1&b=2' }),
    );
    expect(text).toBe(
      [
        ':white_check_mark: *orchestrator (production) was rolled back and is proved well*',
        '• 0.2.0 -&gt; 0.1.0',
        '• reason: chats fail',
        'production · 2026-01-01T00:00:00.000Z · <http://127.0.0.1:8233/workflows/x?a=1&amp;b=2|rollback-orchestrator>',
      ].join('\n'),
    );
    expect(blocks).toHaveLength(3);
  });

  it.each([...RUN_OUTCOMES])('has a mark for %s', (outcome) => {
    expect(slackMessage(notification({ outcome })).text).toMatch(/^:[a-z_]+: \*/);
  });

  it('has no empty block without lines', () => {
    expect(slackMessage(notification({ lines: [] })).blocks).toHaveLength(2);
  });

  it.each(['<!here>', '<!channel>', '<@U123>', '<!subteam^S1>', '<https://evil.example|click>'])(
    'takes the effect from %s, wherever people wrote it',
    (attack) => {
      for (const changes of [
        { headline: attack },
        { lines: [`reason: ${attack}`] },
        { workflowId: attack },
      ]) {
        expect(everything(changes)).not.toContain(attack);
        expect(everything(changes)).toContain('&lt;');
      }
    },
  );

  it.each(['@here', '@Channel', '@everyone', '@all'])('takes the effect from a plain %s', (mention) => {
    expect(slack`${mention} look`.text).not.toContain(mention);
    expect(slack`${mention} look`.text.replace('\u200b', '')).toBe(`${mention} look`);
  });

  it('leaves other signs alone, and makes one line of many', () => {
    expect(slack`${'mail me@alliance.example\n & more'}`.text).toBe('mail me@alliance.example &amp; more');
  });

  it('cannot be led out of its link by an address', () => {
    expect(everything({ link: 'http://h/a|b>c<d' })).toContain(
      '<http://h/a%7Cb%3Ec%3Cd|rollback-orchestrator>',
    );
  });

  it('stays within what Slack accepts, and says what it left out', () => {
    const lines = Array.from({ length: 50 }, (_, index) => `${index} ${'&'.repeat(500)}`);
    const { blocks, text } = slackMessage(notification({ lines, headline: '<'.repeat(1000) }));
    for (const block of blocks as { text?: { text: string } }[]) {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000);
    }
    expect(text).toMatch(/… \d+ more lines/);
  });
});
