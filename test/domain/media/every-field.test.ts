import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { printReport } from '../../../src/cli/show/run-lines.ts';
import { showPlan } from '../../../src/cli/show/show-plan.ts';
import { announce, announceWaiting } from '../../../src/domain/ledger/announce.ts';
import type { RunReport } from '../../../src/domain/ledger/ledger.ts';
import { detailsOf } from '../../../src/domain/ledger/progress.ts';
import { terminalLine, terminalText } from '../../../src/domain/media/terminal.ts';
import { slackMessage } from '../../../src/notifiers/slack/message.ts';
import { webhookBody } from '../../../src/notifiers/webhook/message.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { notification } from '../../notifiers/surroundings.ts';
import { DECISION } from '../waits.ts';
import { hostile, UNSEEN } from './hostile.ts';

const at = '2026-01-01T00:00:00.000Z';

/** A run in which every field that comes from a request, a file, a service, a cluster or evidence says the same. */
function saying(text: string): RunReport {
  const version = { version: text, revision: 7, image: text, id: text };
  return {
    workflow: 'rollback',
    workflowId: text,
    runId: text,
    outcome: 'failed',
    summary: text,
    startedAt: at,
    finishedAt: at,
    error: { type: 'WriteRejected', message: text },
    request: {
      ...{
        service: text,
        environment: text,
        workload: text,
        reason: text,
        incident: text,
        requestedBy: text,
      },
      ...{ symptoms: [text], mitigationsTried: [text], breakGlass: text, profile: text, notifiers: [text] },
      ...{ wish: { kind: 'known-good' }, checks: ['health'], required: ['health'], accept: [] },
      ...{ dryRun: false, searchAttributes: false },
    },
    plan: {
      ...{ from: version, to: version, basis: 'asked', changesNothing: false, warnings: [text], diff: text },
      ...{ hash: text, verifiedAt: text, pin: { source: { kind: 'image', image: text, container: text } } },
    },
    events: [{ kind: 'note', at, by: text, summary: text, reason: text }],
    ledger: [
      {
        ...{ step: 'verify-health', outcome: 'completed', verdict: 'failed', summary: text, attempts: 1 },
        ...{ startedAt: at, finishedAt: at, receiver: text, about: text },
        check: {
          ...{ check: 'health', verdict: 'failed', summary: text, samples: 1, needed: 1, inARow: 0 },
          values: { [text]: text },
          evidence: [{ at, verdict: 'failed', observed: text, ms: 1 }],
        },
      },
    ],
  } as unknown as RunReport;
}

const waiting = (text: string) => ({ ...DECISION, error: { type: 'RolloutFailed', message: text } });
const tags = (markdown: string) =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }).match(
    /<[a-z]\w*(?=[\s>])/g,
  );
const messageOf = (text: string) => {
  const report = saying(text);
  const request = report.request as NonNullable<RunReport['request']>;
  return [announce(report, request), announceWaiting(report, request, waiting(text), false)].map((said) =>
    notification({ ...said, workflowId: text, runId: text }),
  );
};
/** With all that is not about one text: a diff and values have as many lines as they have. */
const withoutBlocks = (lines: readonly string[]) => {
  const text = lines.join('\n');
  return text.replaceAll(/^(`{3,})\w+\n[\s\S]*?\n\1$/gm, '').split('\n').length;
};

describe('T6 whatever every field of a run says', () => {
  it('the record and the details of the Temporal UI are of the same form, and nothing is hidden in them', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const write of [
          (said: string) => renderMarkdown(saying(said)),
          (said: string) => detailsOf({ ...saying(said), waitingFor: waiting(said) }, []),
        ]) {
          const written = write(`x${text}`);
          expect(withoutBlocks(written.split('\n'))).toBe(withoutBlocks(write('x').split('\n')));
          expect(tags(written)?.filter((tag) => /<(?:a|img|script|h\d|table|details)$/.test(tag))).toEqual(
            tags(write('x'))?.filter((tag) => /<(?:a|img|script|h\d|table|details)$/.test(tag)),
          );
          expect(written.replaceAll(/[\n\t]/g, '')).not.toMatch(UNSEEN);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('a terminal is shown as many lines, and nothing that it obeys', () => {
    const shown = (text: string) => {
      const lines: string[] = [];
      printReport(
        { ...saying(text), waitingFor: waiting(text) },
        { link: text },
        (line) => void lines.push(terminalLine(line)),
      );
      const { plan } = saying(text);
      if (plan)
        showPlan(
          { ...plan, diff: '' },
          {
            line: (line) => void lines.push(terminalLine(line)),
            text: () => undefined,
            json: () => undefined,
          },
        );
      return lines;
    };
    const count = shown('x').length;
    fc.assert(
      fc.property(hostile, (text) => {
        expect(shown(text)).toHaveLength(count);
        for (const line of shown(text)) expect(line).not.toMatch(UNSEEN);
        expect(terminalText(text).replaceAll(/[\n\t]/g, '')).not.toMatch(UNSEEN);
      }),
    );
  });

  it('messages obey nothing of it, and ids stay what they are', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const message of messageOf(text)) {
          const sent = JSON.stringify(slackMessage(message));
          expect(sent).not.toMatch(/<[!@#]|@(?:here|channel|everyone|all)\b|\]\(/i);
          expect(slackMessage(message).text.split('\n')).toHaveLength(message.lines.length + 2);
          const body = webhookBody(message);
          expect(body).not.toMatch(UNSEEN);
          const read = JSON.parse(body) as typeof message;
          expect(read.workflowId).toBe(text);
          for (const line of [read.headline, ...read.lines]) expect(line).not.toMatch(UNSEEN);
        }
      }),
    );
  });
});
