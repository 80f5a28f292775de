import { expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { startRollback } from '../../src/client/index.ts';
import { ASKED, headlines, reportOf, SOON, send, waits } from './asked.ts';
import { type EitherOptions, onEither } from './either.ts';
import { told } from './stage.ts';
import { stepUnderWay } from './stage-worker.ts';

const by = { decidedBy: 'anna', reason: 'seen in the logs' };
const SLOW = '0.1.0-slow-ready';

onEither('a rollback of $name in which people are asked', (stage) => {
  async function releases(name: string, tags: readonly string[], options: EitherOptions) {
    const cast = await stage().cast(name, options);
    for (const tag of tags) await cast.deploy(tag);
    return cast;
  }
  const begun = async (name: string, profile: object) => {
    const cast = await releases(name, [`v${SLOW}`, 'v0.2.0'], { profile: { ...profile }, slow: true });
    const [before, changes] = [await cast.state(), await cast.countChanges()];
    const handle = await cast.start({ target: SLOW });
    await stepUnderWay(stage().client, handle.workflowId, 'wait-for-rollout');
    return { cast, handle, before, changes };
  };

  it('that did not help is taken back: what was there before, with its settings', async () => {
    const options = { profile: ASKED, checks: SOON };
    const cast = await releases('restored', ['v0.1.2-chat-output-null', 'v0.2.0'], options);
    const before = await cast.state();
    const handle = await cast.start({ target: '0.1.2-chat-output-null' });
    await waits(handle, 'decision', 'verify-chat');
    await send(handle, 'decide', { answer: 'restore-snapshot', ...by });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'restored', error: { type: 'VerificationFailed' } });
    expect(await cast.state()).toEqual(before);
    expect(await cast.running()).toBe('v0.2.0');
  });

  it('falls back to the next older known-good version when the target is not well either', async () => {
    const cast = await releases('fall-back', ['v0.1.0'], { profile: ASKED, checks: SOON });
    expect((await cast.verify()).outcome).toBe('known-good');
    for (const tag of ['v0.1.2-chat-output-null', 'v0.2.0']) await cast.deploy(tag);
    const handle = await cast.start({ target: '0.1.2-chat-output-null' });
    const open = await waits(handle, 'decision', 'verify-chat');
    expect(open.answers).toEqual(['retry', 'skip', 'restore-snapshot', 'fall-back', 'abort']);
    await send(handle, 'decide', { answer: 'fall-back', ...by });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
    expect(ended.summary).toMatch(/^0\.2\.0 -> 0\.1\.0; /);
    expect(await cast.running()).toBe('v0.1.0');
  });

  it('and that is cancelled finishes what was begun, proves it, tells people and closes as cancelled', async () => {
    const { cast, handle, changes } = await begun('finishes', { ...UNATTENDED, onCancel: 'finish' });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const ended = await reportOf(handle);
    expect(ended.outcome).toBe('cancelled');
    expect(ended.summary).toMatch(/which was finished: 0\.2\.0 -> 0\.1\.0-slow-ready; .*passed/);
    expect(await cast.running()).toBe(`v${SLOW}`);
    expect(await changes()).toBe(1);
    expect(headlines(cast).at(-1)).toContain('cancelled');
    expect(told(ended).at(-1)).toBe('record-incident completed');
  });

  it('and that is cancelled restores what was there before, where the profile says so', async () => {
    const { cast, handle, before } = await begun('restores', { ...UNATTENDED, onCancel: 'restore' });
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const ended = await reportOf(handle);
    expect(ended.outcome).toBe('cancelled');
    expect(ended.summary).toContain('0.2.0, which ran before, is restored');
    expect(await cast.state()).toEqual(before);
    expect(await cast.running()).toBe('v0.2.0');
    expect(headlines(cast).at(-1)).toContain('cancelled');
  });

  it('is the only one: a second run is refused with the id of the first, whatever its own id', async () => {
    const { cast, handle } = await begun('second', UNATTENDED);
    const ids = { workflowId: `${cast.taskQueue}-from-the-ui`, taskQueue: cast.taskQueue };
    const refused = await cast.end(await startRollback(stage().client, { target: SLOW }, ids));
    expect(refused).toMatchObject({ outcome: 'failed', error: { type: 'RollbackInProgress' } });
    expect(refused.summary).toContain(handle.workflowId);
    expect(told(refused).some((line) => line.startsWith('roll-back'))).toBe(false);
    expect((await cast.end(handle)).outcome).toBe('rolled-back');
  });
});
