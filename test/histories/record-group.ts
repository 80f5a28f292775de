import { SOON, send, waits } from '../stories/asked.ts';
import { openStage } from '../stories/stage.ts';
import { groupCast } from '../stories/stage-group.ts';
import type { Save } from './record.ts';

/** Runs of groups, and of their members. */
export async function recordGroups(save: Save): Promise<void> {
  const stage = await openStage();
  const bad = ['v0.1.0', 'v0.2.0'];
  const member = ({ runId }: { readonly runId: string }, service: string) =>
    `rollback/${service}/in/${runId}`;
  try {
    const profile = { approval: { required: true, expires: '120s' } };
    const asked = await groupCast(stage, 'history-group', {
      members: { agents: bad, orchestrator: bad },
      profile,
    });
    const cancelled = await asked.start({ requestedBy: 'ada' });
    await waits(cancelled, 'approval');
    await cancelled.cancel();
    await cancelled.result().catch(() => undefined);
    await save('group-cancelled', () => asked.history(cancelled.workflowId));

    const approved = await asked.start({ requestedBy: 'ada', reason: 'both are bad' });
    const { planHash } = await waits(approved, 'approval');
    await send(approved, 'approve', { plan: planHash, approvedBy: 'ben' });
    await asked.end(approved);
    await save('group-rolled-back', () => asked.history(approved.workflowId));
    await save('group-member', () => asked.history(member(approved, 'agents')));
    await asked.close();

    const sick = await groupCast(stage, 'history-sick', {
      members: { agents: bad, orchestrator: ['v0.1.2-chat-output-null', 'v0.2.0'] },
      checks: SOON,
    });
    const restored = await sick.start();
    await sick.end(restored);
    await save('group-restored', () => sick.history(restored.workflowId));
    await save('group-member-restored', () => sick.history(member(restored, 'agents')));
    await sick.close();
  } finally {
    await stage.close();
  }
}
