import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { RunEvent } from '../../src/domain/people/events.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { decodePayloads, type HistoryFile, parseHistory } from '../../src/report/history-file.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';

const FOLDER = join(import.meta.dirname, '../histories');
const histories = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json') && file !== 'poisoned.json')
  .map((file) => [file, parseHistory(readFileSync(join(FOLDER, file), 'utf8'))] as const);

/** The report that the run itself has ended with; a cancelled one leaves none in history. */
function ownReport({ events }: HistoryFile): RunReport | undefined {
  const last = events.at(-1);
  const details =
    last?.workflowExecutionCompletedEventAttributes?.result ??
    last?.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.details;
  return decodePayloads(details)[0] as RunReport | undefined;
}

const audited = histories.map(([file, history]) => [file, auditHistory(history).report] as const);
const ended = histories.flatMap(([file, history]) => {
  const own = ownReport(history);
  return own ? [[file, own] as const] : [];
});
const told = (events: readonly RunEvent[] = []) => events.map(({ kind, by }) => [kind, by]);

describe('the audit of a real run', () => {
  it.each(ended)('%s tells what happened beside the steps as the run does, in its order', (file, own) => {
    const [, report] = audited.find(([name]) => name === file) ?? [];
    expect(told(report?.events)).toEqual(told(own.events));
  });

  it.each(audited)('%s knows who really sent what people said', (_file, report) => {
    for (const { by, kind, sentBy } of report.events ?? []) {
      if (by !== undefined && kind !== 'break-glass') expect(sentBy).toMatch(/\w/);
      else if (kind !== 'cancellation') expect(sentBy).toBeUndefined();
    }
  });

  it('is one of every kind of answer', () => {
    const kinds = new Set(audited.flatMap(([, { events = [] }]) => events.map(({ kind }) => kind)));
    const expected = [
      'approval',
      'break-glass',
      'check-repeat',
      'decision',
      'evidence',
      'note',
      'over-budget',
    ];
    for (const kind of [...expected, 'pause', 'rejection', 'resume', 'cancellation'] as const) {
      expect(kinds).toContain(kind);
    }
  });

  it('that was recorded in the words of version 0.1.0 shows what its probes observed', () => {
    const [, report] = audited.find(([name]) => name === 'rolled-back.json') ?? expect.fail();
    const samples = report.ledger.flatMap(({ check }) => check?.evidence ?? []);
    expect(samples.length).toBeGreaterThan(3);
    const markdown = renderMarkdown(report);
    for (const sample of samples) {
      expect(sample).not.toHaveProperty('observed');
      const { at, saw } = sample as unknown as { at: string; saw: string };
      expect(markdown).toMatch(new RegExp(`^- ${at} passed \\(\\d+ ms\\): \\S`, 'm'));
      expect(saw).toMatch(/\w/);
    }
    expect(markdown).toContain('): status ok, openrouter');
  });

  it('that went on without approval is marked at its head', () => {
    const marked = audited.filter(([, report]) => renderMarkdown(report).includes('**BREAK-GLASS**: '));
    expect(marked.map(([file]) => file)).toEqual(['break-glass.json']);
  });

  it('that was led elsewhere lists each of its plans', () => {
    const [, report] = audited.find(([file]) => file === 'decided-fall-back.json') ?? [];
    expect(report && renderMarkdown(report)).toMatch(/### All plans of this run\n\n- .*\n- /);
  });
});
