import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { headlines, SOON, send, waits } from './asked.ts';
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
  });
});

describe('a group of which one member fails', () => {
  const SICK = ['v0.1.2-chat-output-null', 'v0.2.0'];

  it('its proof brings back what ran before in both, in the reverse order, and nothing is proved', async () => {
    const cast = await group('group-sick', {
      members: { agents: BAD, orchestrator: SICK },
      checks: SOON,
    });
    const report = await cast.run();
    expect(report).toMatchObject({ outcome: 'restored', error: { type: 'VerificationFailed' } });
    expect(report.error?.message).toContain('orchestrator: VerificationFailed');
    expect(outcomes(report)).toEqual({ agents: 'restored', orchestrator: 'restored' });
    expect(await cast.running()).toEqual({ agents: 'v0.2.0', orchestrator: 'v0.2.0' });
    expect(await cast.writes()).toEqual(['agents', 'orchestrator', 'orchestrator', 'agents']);
    expect(toldIn(cast)).toEqual([expect.stringContaining('NOT helped by the rollback')]);
  });

  it('its proof leaves what was changed where the group keeps it, and says what is where', async () => {
    const cast = await group('group-keeps', {
      members: { agents: BAD, orchestrator: SICK },
      group: { order: 'parallel', onFailure: 'keep' },
      checks: SOON,
    });
    const report = await cast.run();
    expect(report).toMatchObject({ outcome: 'not-proved', error: { type: 'VerificationFailed' } });
    expect(report.summary).toContain('nothing is taken back: agents 0.2.0 -> 0.1.0, orchestrator 0.2.0');
    expect(outcomes(report)).toEqual({ agents: 'rolled-back', orchestrator: 'not-proved' });
    expect(await cast.running()).toEqual({ agents: 'v0.1.0', orchestrator: 'v0.1.2-chat-output-null' });
  });

  it('its rollout restores the one before it, and never begins the one behind it', async () => {
    const cast = await group('group-broken', {
      members: { ...BOTH, web: BAD },
    });
    const report = await cast.run({ targets: { orchestrator: '9.9.9' } });
    expect(report).toMatchObject({ outcome: 'restored', error: { type: 'RolloutFailed' } });
    expect(outcomes(report)).toEqual({ agents: 'restored', orchestrator: 'restored', web: 'failed' });
    expect(await cast.writes()).toEqual(['agents', 'orchestrator', 'orchestrator', 'agents']);
    expect(await cast.running()).toEqual({ agents: 'v0.2.0', orchestrator: 'v0.2.0', web: 'v0.2.0' });
  });

  it('to plan changes nothing at all', async () => {
    const cast = await group('group-unplanned', { members: { agents: BAD, orchestrator: ['v0.2.0'] } });
    const report = await cast.run();
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'NoHistory' } });
    expect(report.summary).toContain('nothing was changed');
    expect(outcomes(report)).toEqual({ agents: 'failed', orchestrator: 'failed' });
    expect(await cast.writes()).toEqual([]);
    expect(toldIn(cast)).toEqual([expect.stringContaining('was NOT rolled back')]);
  });
});

describe('a group with a member that is there already', () => {
  it('changes the other alone, and proves both', async () => {
    const cast = await group('group-there', {
      members: { agents: ['v0.1.0'], orchestrator: BAD },
    });
    // A service that has one version alone has nothing to go back to: it is named.
    const request = { target: '0.1.0' };
    expect(await cast.run(request)).toMatchObject({
      outcome: 'rolled-back',
      summary: 'agents is at 0.1.0, orchestrator 0.2.0 -> 0.1.0; all proved',
    });
    expect(await cast.writes()).toEqual(['orchestrator']);
    expect(await cast.run(request)).toMatchObject({
      outcome: 'already-there',
      summary: 'agents is at 0.1.0, orchestrator is at 0.1.0; all proved',
    });
    expect(await cast.writes()).toEqual(['orchestrator']);
  });
});

describe('a group that falls back', () => {
  it('has all members go on together to their next older known-good version, when one is not proved', async () => {
    // Proved while its provider answered.
    const cast = await group('group-falls-back', {
      members: { agents: ['v0.1.0'], orchestrator: ['v0.1.0'] },
      group: { onFailure: 'fall-back' },
      checks: SOON,
    });
    for (const member of Object.keys(cast.members)) {
      expect((await cast.verify({ service: member })).outcome).toBe('known-good');
      await cast.members[member]?.deploy('v0.1.1', { replicas: 1 });
      expect((await cast.verify({ service: member })).outcome).toBe('known-good');
      await cast.members[member]?.deploy('v0.2.0', { replicas: 1 });
    }
    await cast.members.orchestrator?.deploy('v0.1.3-chat-output-null', { replicas: 1 });
    await cast.members.orchestrator?.deploy('v0.2.0', { replicas: 1 });
    const report = await cast.run({ targets: { orchestrator: '0.1.3-chat-output-null' } });
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      summary: 'agents 0.2.0 -> 0.1.0, orchestrator 0.2.0 -> 0.1.1; all proved',
    });
    expect(await cast.running()).toEqual({ agents: 'v0.1.0', orchestrator: 'v0.1.1' });
  });
});
