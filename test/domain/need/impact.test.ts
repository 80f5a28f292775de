import { describe, expect, it } from 'vitest';
import { documentOf } from '../../../src/domain/media/markdown.ts';
import { assessNeed } from '../../../src/domain/need/assess-need.ts';
import type { JudgedSignal } from '../../../src/domain/need/assessment.ts';
import { impactOf } from '../../../src/domain/need/impact.ts';
import { impactMarkdown, needLines, needMarkdown } from '../../../src/domain/need/need-rendered.ts';
import { ANSWERS, type Given, judged, liveAgo, measured, past } from './given.ts';

const live = liveAgo(25);
const since = (minutes: number) => (minutes <= 19 ? 0.38 : 0.004);

function signal(id: string, given: Partial<Given> & { title?: string } = {}): JudgedSignal {
  const reading = measured(0.38, past(180, since));
  const one = judged({ reading, live, ...given });
  return {
    ...one,
    id,
    ...(given.title ? { title: given.title, says: one.says.replace('failed plans', given.title) } : {}),
  };
}

const PLANS = signal('plans');
const AGENTS = signal('agents', {
  title: 'agents',
  reading: measured(
    0,
    past(180, () => 0),
  ),
});
const CALLS = signal('calls', {
  title: 'calls',
  reading: measured(
    0,
    past(180, () => 0),
  ),
});

function assessed(signals: readonly JudgedSignal[]) {
  return assessNeed({ signals, version: '0.2.0', live, at: '2026-11-23T03:00:00.000Z' });
}

describe('an assessment in words', () => {
  it('says what is worse, since when, how far from the release, and what is as ever', () => {
    expect(assessed([AGENTS, PLANS]).sentence).toBe(
      'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live; agents unchanged (0 %)',
    );
    expect(assessed([AGENTS, CALLS, PLANS]).sentence).toMatch(/became live; agents and calls not worse$/);
  });

  it('says of both where one was bad before and another is worse since', () => {
    const before = signal('chat', {
      title: 'chat errors',
      reading: measured(
        0.38,
        past(180, () => 0.38),
      ),
    });
    expect(assessed([before, PLANS]).sentence).toBe(
      'chat errors 38 % -> 38 % since before 00:00 UTC, at least three hours before 0.2.0 became live; ' +
        'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live',
    );
  });

  it('is not endless, however many signals there are', () => {
    const many = Array.from({ length: 90 }, (_, index) => signal(`plans-${index}`));
    const { sentence } = assessed(many);
    expect(sentence).toMatch(/; 88 more like it$/);
    expect(sentence.length).toBeLessThanOrEqual(600);
  });

  it('is lines for a terminal: the verdict, the release, each signal', () => {
    expect(needLines(assessed([PLANS, AGENTS]))).toEqual([
      'warranted: failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live; agents unchanged (0 %)',
      '0.2.0 is live since 02:35 UTC (by its rollout)',
      'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live',
      'agents unchanged (0 %)',
    ]);
  });

  it('is a table for a record, in which names of others mean themselves', () => {
    const odd = signal('odd', { title: '<b>|plans|\n# x' });
    expect(documentOf(needMarkdown(assessed([odd])))).toBe(
      [
        String.raw`**warranted** (the release is the cause): &lt;b>\|plans\| # x 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live`,
        '',
        '0.2.0 is live since 02:35 UTC (by its rollout)',
        '',
        '| signal | before | known-good | now | finding | what it says | source |',
        '|---|---|---|---|---|---|---|',
        String.raw`| &lt;b>\|plans\| # x | 0.4 % | not known | 38 % | worse since the release | &lt;b>\|plans\| # x 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live | prometheus |`,
      ].join('\n'),
    );
  });

  it('says that nothing was measured', () => {
    const nothing = assessNeed({ signals: [], version: '0.2.0', at: '2026-11-23T03:00:00.000Z' });
    expect(needLines(nothing)).toEqual([
      'inconclusive: nothing was measured',
      'since when 0.2.0 is live is not known',
    ]);
  });
});

describe('the impact before and after', () => {
  const healed = { ...PLANS, state: 'normal' as const, now: 0.005 };

  it('is of what was bad, with what was normal', () => {
    const impact = impactOf(assessed([PLANS, AGENTS]), [healed, AGENTS]);
    expect(impact).toEqual({
      rows: [
        { id: 'plans', title: 'failed plans', unit: 'ratio', before: 0.004, during: 0.38, after: 0.005 },
        { id: 'agents', title: 'agents', unit: 'ratio', before: 0, during: 0, after: 0 },
      ],
      sentence: 'failed plans 38 % -> 0.5 % (0.4 % before the release)',
    });
    expect(documentOf(impactMarkdown(impact))).toBe(
      [
        'failed plans 38 % -> 0.5 % (0.4 % before the release)',
        '',
        '| signal | when proved | before the release | before the rollback | after the rollback |',
        '|---|---|---|---|---|',
        '| failed plans | not known | 0.4 % | 38 % | 0.5 % |',
        '| agents | not known | 0 % | 0 % | 0 % |',
      ].join('\n'),
    );
  });

  it('is not known where it could not be measured again', () => {
    const unknown = judged({
      reading: { kind: 'no-data', source: 'prometheus', why: 'it is refused' },
      live,
    });
    const impact = impactOf(assessed([PLANS]), [{ ...unknown, id: 'plans' }]);
    expect(impact.sentence).toBe('failed plans 38 % -> not known (0.4 % before the release)');
    expect(impactOf(assessed([PLANS]), []).sentence).toBe(impact.sentence);
  });

  it('is of too few events not known: a good value after three plans says nothing', () => {
    const few = judged({ reading: measured({ value: 0, samples: 3 }, []), live });
    expect(impactOf(assessed([PLANS]), [{ ...few, id: 'plans' }]).sentence).toMatch(/38 % -> not known/);
  });

  it('has what was recorded where nothing else says what is normal, and what is measured for the first time', () => {
    const reading = { ...measured(0.38, []), source: 'scrape' as const };
    const scraped = judged({ reading, live, recorded: 0.003 });
    const added = { ...judged({ reading: measured(12, []), live, definition: ANSWERS }), id: 'answers' };
    expect(impactOf(assessed([AGENTS, scraped]), [AGENTS]).sentence).toBe(
      'failed plans 38 % -> not known (0.3 % when a version was proved)',
    );
    expect(impactOf(assessed([scraped]), [added]).rows).toEqual([
      { id: scraped.id, title: 'failed plans', unit: 'ratio', recorded: 0.003, during: 0.38 },
      { id: 'answers', title: 'answers', unit: 'per-second', after: 12 },
    ]);
  });

  it('is of all that is known where nothing was bad, and says it where nothing is', () => {
    expect(impactOf(assessed([AGENTS]), [AGENTS]).sentence).toBe(
      'agents 0 % -> 0 % (0 % before the release)',
    );
    expect(impactOf(assessed([]), [])).toEqual({ rows: [], sentence: 'nothing was measured' });
  });
});
