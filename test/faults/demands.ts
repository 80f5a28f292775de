import { expect } from 'vitest';
import { checksOf, type RunReport } from '../../src/domain/ledger/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { kindOf, parseHistory } from '../../src/report/history-file.ts';
import { recordOf } from '../stories/stage.ts';
import type { Trial } from './trial.ts';

const CHECKS = ['agents passed', 'chat passed', 'health passed', 'metrics passed'];

/**
 * Demands that a run ended as if nothing had happened to it: rolled back and proved, one write, every message once,
 * the record written, and a history that says the same and holds no failed workflow task.
 */
export async function expectUnharmed(
  trial: Trial,
  report: RunReport,
  { failedTasks = false }: { readonly failedTasks?: boolean } = {},
): Promise<void> {
  expect(report.outcome, report.summary).toBe('rolled-back');
  expect(report.ledger.filter(({ outcome }) => outcome !== 'completed')).toEqual([]);
  expect(
    checksOf(report)
      .map(({ check, verdict }) => `${check} ${verdict}`)
      .sort(),
  ).toEqual(CHECKS);
  await trial.expectOneWrite();
  expectToldOnce(trial);

  const { markdown, json } = await recordOf(report);
  expect(json).toMatchObject({ workflowId: report.workflowId, outcome: 'rolled-back' });
  expect(markdown).toContain(report.workflowId);

  const history = parseHistory(await trial.runs.history(report.workflowId));
  const audit = auditHistory(history);
  expect(audit).toMatchObject({ agrees: true, report: { outcome: 'rolled-back' } });
  expect(audit.report.ledger.map(({ step }) => step)).toEqual(report.ledger.map(({ step }) => step));
  if (!failedTasks) expect(history.events.map(kindOf)).not.toContain('WORKFLOW_TASK_FAILED');
}

/** A receiver that honours the idempotency key has one message: all that came are the same one. */
function expectToldOnce({ channel }: Trial): void {
  const messages = channel.received.map(({ headers, body }) => ({ key: headers['idempotency-key'], body }));
  const [message] = messages;
  expect(message?.key).toBeTruthy();
  expect(message?.body).toMatchObject({ text: expect.stringContaining('0.2.0') });
  for (const again of messages) expect(again).toEqual(message);
}
