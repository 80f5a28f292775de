import { describe, expect, test } from 'vitest';
import type { ComposePin } from '../../../src/domain/versions/pins.ts';
import { inForm } from '../../faults/forms.ts';
import { auditOf, carryOut, defaultOf, projectChange, snapshotOf } from './restored.ts';
import { NAME, quietWith } from './texts.ts';
import { startWorker } from './worker.ts';
import { context, openWorld, problem, type Service, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const key = context.key ?? '';
/** A mounted file, which Compose does not compare, and an env file. */
const mounted = {
  text: quietWith("    env_file: app.env\n    volumes: ['./app.yaml:/app.yaml:ro']\n"),
  files: { 'app.env': 'LLM_TIMEOUT=30\n', 'app.yaml': 'agents: 3\n' },
};
/** The engine is gone for this worker from the next `up` on: its connection too. */
const ENGINE_GONE = `kill -9 $(cat "\${0%/*}/connections") 2> /dev/null
printf '#!/bin/sh\\necho "Cannot connect to the Docker daemon" >&2\\nexit 1\\n' > "$0.gone"
chmod +x "$0.gone"
mv "$0.gone" "$0"
echo "Cannot connect to the Docker daemon" >&2
exit 1`;

describe.skipIf(problem)(titled('a Compose rollback that is cancelled'), () => {
  const { service } = openWorld();

  async function cancelledAt(one: Service, pin: ComposePin, step: 'up' | 'tag') {
    const { env, hold } = await one.intercept();
    const held = await hold({ before: step === 'up' ? 'compose * up *' : `${step} *` });
    const cancel = new AbortController();
    const rolling = one.another({}, env).rollBack(pin, { signal: cancel.signal, key });
    const ended = rolling.catch((error: unknown) => error);
    await held.reached();
    cancel.abort(new Error('cancelled by the run'));
    // A command that changes nothing yet is ended by the cancellation.
    if (step === 'up') await held.release();
    expect(await ended).toMatchObject({ message: 'cancelled by the run' });
  }

  test('while Compose replaces the container is finished, noted and audited', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await cancelledAt(one, pin, 'up');
    expect(await projectChange(one, NAME)).toMatchObject({ phase: 'started', by: key });
    expect((await auditOf(one, NAME)).map(({ event }) => event)).toEqual(['rolled-back']);
    const seen = await one.target.observe(context);
    expect(seen).toMatchObject({ rolledBack: true, current: { fingerprint: pin.fingerprint } });
    expect(await one.containers()).toMatchObject([
      { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
    ]);
  });

  test('before a file was replaced is seen as nothing changed', async () => {
    const one = await service(both);
    const before = await one.target.observe(context);
    const state = await one.state();
    await one.forget('v0.1.0');
    await cancelledAt(one, await one.pin(), 'tag');
    expect(await one.state()).toEqual(state);
    const after = await one.target.observe(context);
    expect(after.current.fingerprint).toBe(before.current.fingerprint);
    expect(after.warnings).toEqual(before.warnings);
  });
});

describe.skipIf(problem)(titled('half a Compose change'), () => {
  const { host, service } = openWorld();

  /** Files replaced, container old: by a worker that was killed before `up`, or whose engine went away then. */
  async function half(how: 'killed' | 'engine gone' | 'container gone', options: object = {}) {
    const one = await service(both, options);
    const before = await one.state();
    const live = await one.target.observe(context);
    const snapshot = await snapshotOf(one);
    const pin = await one.pin();
    const { env, kill, once } = await one.intercept();
    const at = { before: 'compose * up *' };
    if (how === 'engine gone') {
      await once(at, ENGINE_GONE);
      const { error } = await startWorker({ profile: one.profile, key, pin }, env).outcome;
      expect(error).toMatchObject({ type: 'Unreachable' });
    } else {
      await kill(at);
      await startWorker({ profile: one.profile, key, pin }, env).outcome;
    }
    if (how === 'container gone') await host().docker('rm', '--force', before.containers[0]?.id ?? '');
    expect((await one.state()).files).not.toMatchObject(before.files);
    const seen = await one.target.observe(context);
    expect([live.current.fingerprint, pin.fingerprint]).not.toContain(seen.current.fingerprint);
    expect(seen.rolledBack).toBe(false);
    expect(seen.warnings.join()).toContain(
      'was interrupted while starting: files and container do not belong',
    );
    // The same in every observation: a plan rests on it.
    expect((await one.target.observe(context)).current.fingerprint).toBe(seen.current.fingerprint);
    expect(await one.target.lastChangedBy(context)).toEqual({
      who: expect.stringContaining('this runbook, interrupted while starting'),
      ours: true,
    });
    return { one, before, live, snapshot, pin };
  }

  const cases = [
    ['whose worker was killed', 'killed', {}],
    ['whose engine went away', 'engine gone', {}],
    ['whose container is gone', 'container gone', {}],
    ['of mounted files', 'killed', mounted],
  ] as const;

  test.each(inForm(cases))(
    '%s is finished by the same plan, in a step of its own',
    async (_what, how, options) => {
      const { one, pin } = await half(how, options);
      const started = await one.target.rollBack(pin, { ...context, key: `${key}-2` });
      expect(started).toMatchObject({ changed: true, fingerprint: pin.fingerprint });
      expect(await one.wait(started)).toMatchObject({ replicas: 1, imageId: one.images['v0.1.0']?.imageId });
      expect(await defaultOf(one)).toMatchObject({ to: '0.1.0', rolledBack: true });
      expect((await auditOf(one, NAME)).map(({ event }) => event)).toEqual(['rolled-back']);
    },
  );

  test.each(inForm(cases))('%s is taken back by the snapshot', async (_what, how, options) => {
    const { one, before, live, snapshot } = await half(how, options);
    const { plan, started } = await carryOut(one, { kind: 'snapshot', snapshot });
    expect(plan).toMatchObject({ changesNothing: false, basis: 'snapshot' });
    expect(started).toMatchObject({ changed: true, fingerprint: live.current.fingerprint });
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
    const seen = await one.target.observe(context);
    expect(seen).toMatchObject({ rolledBack: false, current: { fingerprint: live.current.fingerprint } });
    expect(seen.warnings.join()).not.toContain('interrupted');
  });

  test('is none when only the note of it is missing: a rollback of ours put the version there', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const { env, kill } = await one.intercept();
    await kill({ after: 'compose * up *' });
    await startWorker({ profile: one.profile, key, pin }, env).outcome;
    const seen = await one.target.observe(context);
    expect(seen).toMatchObject({ rolledBack: true, current: { fingerprint: pin.fingerprint } });
    expect(await one.target.lastChangedBy(context)).toMatchObject({ ours: true });
  });

  test('that somebody has put right by hand is none any more', async () => {
    const { one, before, live } = await half('killed');
    await one.write('docker-compose.yml', before.files['docker-compose.yml'] ?? '');
    await one.up('--force-recreate');
    const seen = await one.target.observe(context);
    expect(seen.current.fingerprint).toBe(live.current.fingerprint);
    expect(seen.warnings.join()).not.toContain('interrupted');
  });
});
