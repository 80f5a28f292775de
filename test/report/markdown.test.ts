import { describe, expect, it } from 'vitest';
import type { LedgerEntry, RunReport } from '../../src/domain/ledger/ledger.ts';
import type { CheckResult } from '../../src/domain/proof/checks.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import type { ShownPlan } from '../../src/domain/versions/plan.ts';
import { planRollback } from '../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../src/domain/versions/targets.ts';
import type { AuditedReport } from '../../src/report/audited-report.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { candidate, evidence, observed } from '../domain/observed.ts';
import { DECISION } from '../domain/waits.ts';

const DIFF = '--- rs-7\n+++ rs-6\n@@ -1,1 +1,1 @@\n-image: v0.2.0\n+image: v0.1.0\n';

function plan(target = 'known-good', change: Partial<ShownPlan> = {}): ShownPlan {
  const proved = candidate('0.1.0', 6, { evidence: evidence('0.1.0', '2026-11-01T00:00:00Z') });
  const planned = planRollback(observed(candidate('0.2.0', 7), [proved]), parseTarget(target) as TargetWish);
  if ('problem' in planned) expect.fail(planned.message);
  return { ...planned, warnings: ['an HPA scales it'], hash: 'f'.repeat(64), diff: DIFF, ...change };
}

const check: CheckResult = {
  check: 'health',
  verdict: 'passed',
  summary: '3 of 3 good',
  samples: 4,
  needed: 3,
  inARow: 3,
  values: { provider: 'openrouter' },
  evidence: [{ at: '2026-01-01T00:00:20.000Z', verdict: 'passed', observed: 'status ok', ms: 12 }],
};
const entry = (change: Partial<LedgerEntry>): LedgerEntry => ({
  step: 'plan',
  outcome: 'completed',
  summary: '0.2.0 -> 0.1.0',
  attempts: 1,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:01.200Z',
  ...change,
});
const request: ResolvedRun = {
  service: 'orchestrator',
  environment: 'production',
  workload: 'deployment/orchestrator in namespace phoenix-orch',
  cluster: { context: 'production', server: 'https://api.example:6443' },
  wish: { kind: 'known-good' },
  reason: 'chats fail',
  incident: 'INC-1234',
  requestedBy: 'ada',
  symptoms: ['500 on /chat'],
  mitigationsTried: ['restarted'],
  dryRun: false,
  accept: [],
  checks: ['health'],
  required: ['health'],
  notifiers: ['slack'],
  profile: '0123456789ab',
  searchAttributes: false,
};
const bare: RunReport = {
  workflow: 'rollback',
  workflowId: 'rollback/orchestrator',
  runId: 'run-1',
  outcome: 'running',
  summary: '',
  startedAt: '2026-01-01T00:00:00.000Z',
  ledger: [],
};
const full: RunReport = {
  ...bare,
  outcome: 'rolled-back',
  summary: '0.2.0 -> 0.1.0; health passed',
  finishedAt: '2026-01-01T00:01:00.000Z',
  request,
  plan: plan(),
  ledger: [
    entry({}),
    entry({ step: 'verify-health', verdict: 'passed', summary: '3 of 3 good', check }),
    entry({ step: 'notify', receiver: 'slack', summary: 'told slack', attempts: 2 }),
  ],
};
const lines = (report: AuditedReport) => renderMarkdown(report).split('\n');
const headings = (report: RunReport) => lines(report).filter((line) => line.startsWith('#'));

describe('the incident record', () => {
  it('has every section for a run that did everything', () => {
    expect(headings(full)).toEqual([
      '# Rollback of orchestrator (production): rolled-back',
      '## What was asked',
      '### Symptoms',
      '### Tried before',
      '## What was planned',
      '## What ran',
      '## What was proved',
      '### Evidence: health',
    ]);
  });

  it.each([
    '| outcome | **rolled-back** |',
    '| summary | 0.2.0 -> 0.1.0; health passed |',
    '| versions | 0.2.0 → 0.1.0 |',
    '| workload | deployment/orchestrator in namespace phoenix-orch |',
    String.raw`| cluster | context production, https\://api.example:6443 |`,
    '| finished | 2026-01-01T00:01:00.000Z |',
    '| took | 60.0 s |',
    '| workflow | `rollback/orchestrator` run `run-1` |',
    '| target | known-good |',
    '| reason | chats fail |',
    '| incident | INC-1234 |',
    '| requested by | ada |',
    '| configuration | profile 0123456789ab |',
    '- 500 on /chat',
    '- restarted',
    '| from | 0.2.0 (revision 7), `registry.example/phoenix-orch:v0.2.0` |',
    '| to | 0.1.0 (revision 6), `registry.example/phoenix-orch:v0.1.0` |',
    '| why | known-good, verified 2026-11-01T00:00:00Z |',
    '| pinned | template of replicaset/rs-6 (uid uid-6) |',
    '| plan | `ffffffffffffffff` |',
    '> an HPA scales it',
    '+image: v0.1.0',
    '| 2026-01-01T00:00:01.000Z | plan | completed | 0.2.0 -> 0.1.0 | 0.2 s | 1 |',
    '| 2026-01-01T00:00:01.000Z | verify health | passed | 3 of 3 good | 0.2 s | 1 |',
    '| 2026-01-01T00:00:01.000Z | notify (slack) | completed | told slack | 0.2 s | 2 |',
    '| health | **passed** | 3 of 3 in a row | 3 of 3 good |',
    '4 probes; the last ones:',
    '- 2026-01-01T00:00:20.000Z passed (12 ms): status ok',
    '  "provider": "openrouter"',
  ])('says %s', (line) => {
    expect(lines(full)).toContain(line);
  });

  it('has nothing for what is missing', () => {
    expect(headings(bare)).toEqual(['# Rollback of unknown service: running', '## What ran']);
    expect(renderMarkdown(bare)).not.toMatch(/undefined|null|NaN|```|versions|workload|error/);
    expect(lines(bare)).toContain('| finished | still running |');
  });

  it('leaves out lists, warnings, diff, values and baseline that are empty', () => {
    const quiet = { ...full, plan: plan('known-good', { warnings: [], diff: '' }) };
    const nothing = {
      ...request,
      reason: '',
      incident: '',
      requestedBy: '',
      symptoms: [],
      mitigationsTried: [],
    };
    const ledger = [entry({ step: 'verify-health', check: { ...check, values: {}, evidence: [] } })];
    const report = { ...quiet, request: nothing, ledger };
    expect(headings(report)).not.toContain('### Symptoms');
    expect(headings(report)).not.toContain('### Tried before');
    expect(renderMarkdown(report)).not.toMatch(/^(>|```|- )/m);
    expect(lines(report)).toContain('| reason | not given |');
  });

  it('of a verification has no target, and of a failed run the error', () => {
    const error = { type: 'VerificationFailed', message: 'chat failed' };
    const report: RunReport = { ...full, workflow: 'verify', outcome: 'not-known-good', error };
    expect(headings(report)[0]).toBe('# Verification of orchestrator (production): not-known-good');
    expect(renderMarkdown(report)).not.toContain('| target |');
    expect(lines(report)).toContain('| error | VerificationFailed: chat failed |');
  });

  it('says that a check failed on the known-good version too', () => {
    const failed = { ...check, verdict: 'failed', failedBefore: true } as const;
    const report = { ...full, ledger: [entry({ step: 'verify-health', check: failed })] };
    expect(renderMarkdown(report)).toContain(
      '| health | **failed** (as on the known-good version: no proof against the rollback) |',
    );
  });

  it.each([
    ['0.2.0', 'pinned', 'what is live already'],
    ['0.0.9', 'pinned', 'image `registry.example/phoenix-orch:v0.0.9` in container master-orchestrator'],
    ['0.1.0', 'why', 'asked for'],
  ])('of a rollback to %s: %s is %s', (target, name, expected) => {
    expect(lines({ ...full, plan: plan(target) })).toContain(`| ${name} | ${expected} |`);
  });

  it('says when the target is only the version before', () => {
    const report = { ...full, plan: plan('0.1.0', { basis: 'previous-without-evidence' }) };
    expect(lines(report)).toContain('| why | the version before; none has known-good evidence |');
  });
});

describe('what people decided', () => {
  const at = '2026-01-01T00:00:30.000Z';
  const decision = { kind: 'decision', at, by: 'ada', summary: 'retry', reason: 'it is back' } as const;

  it('stands between the plan and the steps', () => {
    const report = { ...full, events: [decision, { kind: 'over-budget', at, summary: 'slow' } as const] };
    expect(headings(report).slice(4, 7)).toEqual([
      '## What was planned',
      '## What people decided',
      '## What ran',
    ]);
    expect(lines(report)).toContain(`| ${at} | ada | decision: retry | it is back |`);
    expect(lines(report)).toContain(`| ${at} | the run | over-budget: slow |  |`);
  });

  it('has who really sent it when history was asked', () => {
    const text = lines({ ...full, events: [{ ...decision, sentBy: 'cli@host' }] });
    expect(text).toContain('| at | who | what | reason | sent by |');
    expect(text).toContain(`| ${at} | ada | decision: retry | it is back | cli@host |`);
  });

  it('marks a broken glass in the head', () => {
    const broken = { kind: 'break-glass', at, by: 'ada', summary: 'x', reason: 'all is <down>' } as const;
    expect(lines({ ...full, events: [broken] })[2]).toBe('**BREAK-GLASS**: all is &lt;down> (ada)');
    expect(renderMarkdown(full)).not.toContain('BREAK-GLASS');
  });

  it('names severity, the reason to break the glass, and what a message was about', () => {
    const text = lines({
      ...full,
      request: { ...request, severity: 'sev1', breakGlass: 'nobody is awake' },
      ledger: [entry({ step: 'notify', receiver: 'slack', about: 'decision-1', summary: 'told' })],
    });
    expect(text).toContain('| severity | sev1 |');
    expect(text).toContain('| break-glass | nobody is awake |');
    expect(text.join('\n')).toContain('| notify (slack, decision-1) | completed |');
  });

  it('says what an unfinished run waits for', () => {
    expect(lines({ ...bare, waitingFor: DECISION }).join('\n')).toMatch(
      /\| waits for \| a decision on wait-for-rollout is due until .*, else abort: retry \(try again\)/,
    );
  });

  it('lists every plan of a run that was led elsewhere', () => {
    const plans = [entry({}), entry({ summary: '0.2.0 -> 0.0.9' })];
    const text = lines({ ...full, ledger: plans });
    expect(text).toContain('### All plans of this run');
    expect(text).toContain('- 2026-01-01T00:00:01.200Z 0.2.0 -> 0.0.9');
    expect(headings(full)).not.toContain('### All plans of this run');
  });

  it('of a follow-through is headed as such', () => {
    expect(headings({ ...full, workflow: 'followThrough', outcome: 'stayed-well' })[0]).toBe(
      '# Follow-through of orchestrator (production): stayed-well',
    );
  });
});

describe('a text from outside', () => {
  const saying = (text: string): RunReport => ({
    ...full,
    summary: text,
    error: { type: 'WriteRejected', message: text },
    request: {
      ...{ ...request, workload: text, reason: text, incident: text, requestedBy: text },
      ...{ symptoms: [text, 'more'], mitigationsTried: [text, 'more'] },
    },
    plan: plan('known-good', { warnings: [text, 'more'] }),
    events: [
      { kind: 'note', at: '2026-01-01T00:00:30.000Z', by: text, summary: text, reason: text },
      { kind: 'break-glass', at: '2026-01-01T00:00:30.000Z', by: text, summary: text, reason: text },
    ],
    ledger: [
      entry({ summary: text }),
      entry({ summary: text }),
      entry({
        step: 'verify-health',
        summary: text,
        check: {
          ...check,
          summary: text,
          evidence: check.evidence.map((sample) => ({ ...sample, observed: text })),
        },
      }),
    ],
  });
  /** What kind every line is, and how many cells those of a table have. */
  const shape = (report: RunReport) =>
    lines(report).map((line) => (line.startsWith('|') ? line.match(/(?<!\\)\|/g)?.length : line.charAt(0)));

  it.each([
    'a | b',
    '||||',
    'a\nb',
    'a\r\nb',
    '\n\n',
    '\n| x | y |\n|---|---|\n',
    'x\n# Rollback of nothing: rolled-back',
    'x\n```\nfence',
    '<img src=x onerror=alert(1)>',
    '<!-- the rest is hidden',
    '</td></table>',
    '\n<details>\n',
  ])('neither ends its cell or line nor becomes HTML: %j', (text) => {
    expect(shape(saying(text))).toEqual(shape(saying('x')));
    expect(renderMarkdown(saying(text))).not.toContain('<');
  });

  it('is still there to be read', () => {
    expect(lines(saying('a | <b>\nc'))).toContain('| reason | a \\| &lt;b> c |');
  });
});

it.each(['+```', '-```', '       ```', ' ``` and more', ' ``', ' ~~~'])(
  'a diff with the line %j stays in its fence',
  (line) => {
    const text = lines({ ...full, plan: plan('known-good', { diff: `${DIFF}${line}\n tail: 1\n` }) });
    const rest = text.slice(text.indexOf('```diff') + 1);
    const end = rest.findIndex((each) => /^ {0,3}`{3,}[ \t]*$/.test(each));
    expect(rest.slice(end - 2, end)).toEqual([line, ' tail: 1']);
  },
);
