import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { headlines, send, waits } from './asked.ts';
import { openStage, recordOf, type Stage } from './stage.ts';
import { type GroupCast, type GroupOptions, groupCast } from './stage-group.ts';

let stage: Stage;
const open: GroupCast[] = [];
beforeAll(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((cast) => cast.close()));
});
afterAll(() => stage?.close());

async function group(name: string, options: GroupOptions): Promise<GroupCast> {
  const cast = await groupCast(stage, name, options);
  open.push(cast);
  return cast;
}

const BAD = ['v0.1.0', 'v0.2.0'];
const BOTH = { agents: BAD, orchestrator: BAD };
const outcomes = ({ members = [] }: RunReport) =>
  Object.fromEntries(members.map(({ service, outcome }) => [service, outcome]));
/** Whom the messages of the group went to. */
const toldIn = (cast: GroupCast) => headlines({ channel: cast.members.agents!.channel });

describe('a group of two Deployments', () => {
  it('goes back in one run: one plan, one approval, one write each in the order of the group, proved as a whole, told once', async () => {
    const approval = { required: true, expires: '120s' };
    const cast = await group('group', { members: BOTH, profile: { approval } });
    const run = await cast.start({ requestedBy: 'ada', reason: 'both are bad' });
    const { planHash } = await waits(run, 'approval');
    expect(await cast.writes()).toEqual([]);
    await send(run, 'approve', { plan: planHash, approvedBy: 'ben' });
    const report = await cast.end(run);

    expect(report).toMatchObject({
      workflow: 'rollbackGroup',
      outcome: 'rolled-back',
      summary: 'agents 0.2.0 -> 0.1.0, orchestrator 0.2.0 -> 0.1.0; all proved',
    });
    expect(outcomes(report)).toEqual({ agents: 'rolled-back', orchestrator: 'rolled-back' });
    expect(await cast.writes()).toEqual(['agents', 'orchestrator']);
    expect(await cast.running()).toEqual({ agents: 'v0.1.0', orchestrator: 'v0.1.0' });
    expect(report.events?.filter(({ kind }) => kind === 'approval')).toHaveLength(1);
    const told = toldIn(cast);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain('platform (production) was rolled back and is proved well');
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('# Rollback of the group of platform (production): rolled-back');
    for (const member of report.members ?? []) expect(markdown).toContain(member.record);
  }, 90_000);
});
