import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { imageOf } from '../../sandbox/manifests.ts';
import { checksOf } from '../../src/domain/ledger/ledger.ts';
import { ASKED, headlines, ready, SOON } from './asked.ts';
import { recordOf as asRecord, type Cast, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

/** Nobody is asked: a run ends by its first failure. */
const ALONE = { ...ASKED, decisions: { wait: '0s' } };

/** Verdicts of failures come soon. */
const QUICK = { ...SOON, agents: { needed: 1, every: '100ms', within: '2s' }, metrics: false };

const mapOf = ({ namespace }: Cast) =>
  `/api/v1/namespaces/${namespace}/configmaps/master-orchestrator-known-good`;

/** The records beside the service, by key. */
async function recordsOf(cast: Cast): Promise<Record<string, Record<string, unknown>>> {
  const { data } = await stage.sandbox.cluster.api.must('GET', mapOf(cast));
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, JSON.parse(text as string)]));
}

/** Writes a record beside the service, as somebody does who may. */
async function forge(cast: Cast, key: string, record: object): Promise<void> {
  const type = 'application/merge-patch+json';
  await stage.sandbox.cluster.api.must(
    'PATCH',
    mapOf(cast),
    { data: { [key]: JSON.stringify(record) } },
    type,
  );
}

describe('what was seen of a version', () => {
  it('K1 a target that did not start is remembered, and the next rollback goes to the one that is proved', async () => {
    const cast = await ready(stage, 'typing-error', ['v0.1.0'], ALONE);
    expect((await cast.verify()).outcome).toBe('known-good');
    await cast.deploy('v0.2.0');
    const failed = await cast.rollback({ target: '9.9.9' });
    expect(failed).toMatchObject({ outcome: 'failed', error: { type: 'RolloutFailed' } });
    const [key, record] =
      Object.entries(await recordsOf(cast)).find(([name]) => name.startsWith('failed.')) ?? [];
    expect(key).toBe(`failed.${String(record?.fingerprint).slice(0, 40)}`);
    expect(record).toMatchObject({ schema: 2, version: '9.9.9', verdict: 'failed', provedBy: 'rollback' });

    const planned = await cast.rollback({ dryRun: true });
    expect(planned.plan).toMatchObject({
      from: { version: '9.9.9' },
      to: { version: '0.1.0' },
      rule: 'older-proof',
    });
    expect(planned.plan?.warnings.join('\n')).toContain('9.9.9, which runs now, was seen to fail at');
    expect((await cast.rollback()).outcome).toBe('rolled-back');
    const proofs = Object.values(await recordsOf(cast)).filter(({ verdict }) => verdict === 'passed');
    // Under the tag that was verified, and with the digest that the rollback has written.
    expect(proofs.map(({ version }) => version)).toEqual(['0.1.0', '0.1.0']);
    expect(proofs.map(({ provedBy }) => provedBy).toSorted()).toEqual(['rollback', 'verify']);
  });

  it('S4 and S6 a version that never came up has evidence of that, and the record of the rollback says so', async () => {
    const cast = await ready(stage, 'never-up', ['v0.1.0'], ALONE);
    await cast.deploy('v9.9.9', { wait: false });
    const verified = await cast.verify();
    expect(verified).toMatchObject({ outcome: 'failed', error: { type: 'RolloutFailed' } });
    expect(Object.values(await recordsOf(cast))).toMatchObject([
      { version: '9.9.9', verdict: 'failed', provedBy: 'verify' },
    ]);
    const report = await cast.rollback();
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      plan: { to: { version: '0.1.0' }, rule: 'one-before' },
    });
    expect((await asRecord(report)).markdown).toContain('9.9.9, which runs now, was seen to fail at');
  });

  it('a version whose checks failed after a rollback to it is no default target any more', async () => {
    const cast = await ready(stage, 'checks-failed', ['v0.1.0', 'v0.2.0', 'v0.1.1'], ALONE, QUICK);
    const failed = await cast.rollback({ target: '0.2.0' });
    expect(failed).toMatchObject({ outcome: 'not-proved', error: { type: 'VerificationFailed' } });
    await cast.deploy('v0.1.1');
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan).toMatchObject({ from: { version: '0.1.1' }, to: { version: '0.1.0' }, rule: 'one-before' });
  });
});

describe('K13 a tag that was pushed anew', () => {
  it('does not bring another image back than the one that was proved', async () => {
    const tag = 'v1.9.0-good';
    const cast = await ready(stage, 'pushed-anew', [tag], ALONE, QUICK);
    await cast.verify();
    const [proof] = Object.values(await recordsOf(cast));
    const proved = String(proof?.imageId).split('@')[1];
    stage.sandbox.cluster.node.registry.push(imageOf(tag), 'chat-output-null');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      plan: { to: { image: `${imageOf(tag)}@${proved}` }, rule: 'older-proof' },
    });
    expect(headlines(cast).at(-1)).toContain('was rolled back and is proved well');
  });
});

describe('E1 forged evidence', () => {
  /** What an entry of the bad version looks like that excuses its failures. */
  const forged = async (cast: Cast, change: object) => {
    const [recorded] = Object.values(await recordsOf(cast));
    // The images that run are told by the pods, and these are another version's.
    const { imageId: _one, imageIds: _all, ...good } = recorded ?? {};
    const { current } = await versionsOf(cast);
    const bad = { verdict: 'failed', summary: 'as ever', values: {} };
    const record = {
      ...good,
      fingerprint: current.fingerprint,
      version: current.version,
      image: current.image,
      at: new Date().toISOString(),
      checks: { ...(good.checks as object), chat: bad, agents: bad },
      ...change,
    };
    await forge(cast, current.fingerprint.slice(0, 40), record);
  };
  /** As `identify-versions` has recorded it in a dry run. */
  const versionsOf = async (cast: Cast) => {
    const { plan } = await cast.rollback({ dryRun: true });
    if (!plan) throw new Error('no plan');
    return { current: plan.from };
  };

  it('that contradicts itself counts as none', async () => {
    const cast = await ready(stage, 'contradicts', ['v0.1.0'], ALONE, QUICK);
    await cast.verify();
    await cast.deploy('v0.2.0');
    await forged(cast, {});
    await cast.deploy('v0.1.1');
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan).toMatchObject({ to: { version: '0.1.0' }, rule: 'older-proof' });
    expect(plan?.warnings.join('\n')).toContain(
      'contradicts itself: it says passed, and its checks say failed',
    );
  });

  it('that says of itself that the failures were accepted is not told as proved well', async () => {
    const cast = await ready(stage, 'excused', ['v0.1.0'], ALONE, QUICK);
    await cast.verify();
    await cast.deploy('v0.2.0');
    await forged(cast, { accepted: ['chat', 'agents'] });
    await cast.deploy('v0.1.1');
    const report = await cast.rollback();
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.2.0' } } });
    expect(headlines(cast).at(-1)).toContain(
      'NOT every required check passed: chat failed as on the known-good version',
    );
    expect(headlines(cast).join('\n')).not.toContain('proved well');
    expect(report.summary).toContain('chat failed as on the known-good version');
    expect((await asRecord(report)).markdown).toContain('chat failed as on the known-good version');
  });

  it('counts as none where evidence has to be signed, and signed evidence counts', async () => {
    const file = join(stage.sandbox.folder, 'evidence-key');
    await writeFile(file, 'a key that nobody else has\n');
    const profile = { ...ALONE, evidence: { signingKey: { file } } };
    const cast = await ready(stage, 'signed', ['v0.1.0'], profile, QUICK);
    await cast.verify();
    const [good] = Object.values(await recordsOf(cast));
    expect(good?.signature).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    await cast.deploy('v0.2.0');
    await forged(cast, { accepted: ['chat', 'agents'] });
    await cast.deploy('v0.1.1');
    const report = await cast.rollback();
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      plan: { to: { version: '0.1.0' }, rule: 'older-proof' },
    });
    expect(report.plan?.warnings.join('\n')).toContain(
      'is signed with another key, or was changed; it is ignored',
    );
    expect(headlines(cast).at(-1)).toContain('was rolled back and is proved well');
  });

  it('E2 with values of the wrong kind is ignored with a warning', async () => {
    const cast = await ready(stage, 'malformed', ['v0.1.0'], ALONE, QUICK);
    await cast.verify();
    await cast.deploy('v0.2.0');
    await forged(cast, {
      imageId: 7,
      checks: { health: { verdict: 'passed' } },
      at: '2026-12-31 (trust me)',
    });
    await cast.deploy('v0.1.1');
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan).toMatchObject({ to: { version: '0.1.0' } });
    expect(plan?.warnings.join('\n')).toMatch(/entry [0-9a-f]+ is no evidence: .*; it is ignored/);
  });
});

describe('a verification', () => {
  it('E3 compares with what was proved last, and takes a difference only when somebody has accepted it', async () => {
    const cast = await ready(stage, 'other-model', ['v0.1.0'], ALONE, {
      health: { needed: 1, every: '100ms', within: '1s' },
      chat: false,
      agents: false,
      metrics: false,
    });
    expect((await cast.verify()).outcome).toBe('known-good');
    await cast.deploy('v0.3.0-health-wrong-provider');
    const refused = await cast.verify();
    expect(refused).toMatchObject({ outcome: 'not-known-good', error: { type: 'VerificationFailed' } });
    const [found] = checksOf(refused);
    expect(found?.summary).toContain('ollama / llama3 instead of openrouter / anthropic/claude-3.5-sonnet');
    const accepted = await cast.verify({ accept: ['health'] });
    expect(accepted.outcome).toBe('known-good');
    expect(checksOf(accepted)[0]?.summary).toContain('which was accepted');
    const newest = Object.values(await recordsOf(cast)).find(
      ({ accepted }) => (accepted as string[]).length > 0,
    );
    expect(newest).toMatchObject({
      verdict: 'passed',
      accepted: ['health'],
      version: '0.3.0-health-wrong-provider',
    });
  });

  it('S1 ends soon where agents are never listed, and says that this was not applicable', async () => {
    const cast = await ready(stage, 'no-agents', ['v0.3.0-good-b'], ALONE, { metrics: false });
    const verified = await cast.verify();
    expect(verified.outcome).toBe('known-good');
    expect(verified.summary).toContain('agents not applicable');
    const [record] = Object.values(await recordsOf(cast));
    expect(record).toMatchObject({ verdict: 'passed', notApplicable: ['agents'] });
  });
});
