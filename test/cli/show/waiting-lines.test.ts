import { describe, expect, it } from 'vitest';
import { waitingLine, waitingLines } from '../../../src/cli/show/waiting-lines.ts';
import { ANSWERS } from '../../../src/domain/steps/answers.ts';
import { APPROVAL, DECISION, PAUSE } from '../../domain/waits.ts';

const reach = { workflowId: 'rollback/orchestrator' };

describe('a run that waits', () => {
  it('for a decision shows why, until when, the default, and a command for each answer', () => {
    expect(waitingLines({ ...DECISION, answers: ['retry', 'change-target', 'abort'] }, reach)).toEqual([
      '',
      'decision-1: waits for a decision on wait for rollout until 2026-01-01T00:15:00.000Z, else abort:',
      '  RolloutFailed: pod x: ImagePullBackOff',
      expect.stringMatching(
        /^ {2}runbook decide rollback\/orchestrator retry --by <name> --reason <why> +# try again$/,
      ),
      expect.stringMatching(
        /^ {2}runbook decide rollback\/orchestrator change-target --by <name> --reason <why> --target <target> {2}# plan anew/,
      ),
      expect.stringMatching(/^ {2}runbook decide rollback\/orchestrator abort .* +# end the run as failed$/),
    ]);
  });

  it('for approval shows who may and who has, with the plan that was looked at', () => {
    const text = waitingLines(APPROVAL, reach).join('\n');
    expect(text).toContain('waits for approval until 2026-01-01T00:30:00.000Z, 1 of 2 so far:');
    expect(text).toContain('  approved by ada\n  approvers are ada, grace, linus\n');
    expect(text).toMatch(
      /runbook approve rollback\/orchestrator --plan abcdef0123456789 --by <name> +# carry this plan out/,
    );
    expect(text).toContain('runbook reject rollback/orchestrator --plan abcdef0123456789 --by <name>');
  });

  it('because somebody paused it shows how it goes on', () => {
    const text = waitingLines(PAUSE, reach).join('\n');
    expect(text).toContain('  by ada: the database moves\n');
    expect(text).toContain('  runbook resume rollback/orchestrator --by <name> --reason <why>  # go on');
  });

  it.each([
    [DECISION, /^ {3}decision-1: .*: runbook decide rollback\/orchestrator <retry\|abort> --by <name>/],
    [APPROVAL, / runbook approve .* {2}or {2}runbook reject /],
    [PAUSE, /: runbook resume rollback\/orchestrator --by/],
  ])('is one line while it is followed: %j', (waiting, line) => {
    const text = waitingLine(waiting, reach);
    expect(text).toMatch(line);
    expect(text).not.toContain('\n');
  });

  it('is one line though its error is several', () => {
    const error = { type: 'RolloutFailed', message: 'a\n  b' };
    expect(waitingLines({ ...DECISION, error, answers: ANSWERS }, reach).join('\n')).toContain(
      '\n  RolloutFailed: a b\n',
    );
  });

  it('names the server of an embedded run, and quotes an id that a shell would take apart', () => {
    const prefix = 'TEMPORAL_ADDRESS=127.0.0.1:7233 ';
    expect(waitingLine(PAUSE, { workflowId: "it's mine", prefix })).toContain(
      String.raw`TEMPORAL_ADDRESS=127.0.0.1:7233 runbook resume 'it'\''s mine' --by`,
    );
  });
});
