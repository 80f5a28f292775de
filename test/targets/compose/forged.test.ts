import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { NAME } from './texts.ts';
import { context, openWorld, problem, type Service, titled } from './world.ts';

describe.skipIf(problem)(titled('E1 forged evidence beside the compose file'), () => {
  const { service } = openWorld();

  /** What `verify` records of what runs now. */
  async function verified(one: Service, verdict: 'passed' | 'failed') {
    const { current } = await one.target.observe(context);
    const { fingerprint, version, image } = current;
    const record: KnownGoodRecord = {
      schema: 2,
      ...{ fingerprint, version, image, verdict, at: new Date().toISOString() },
      ...{ provedBy: 'verify', workflowId: 'workflow', runId: `run of ${version}` },
      ...{ required: ['health'], accepted: [], waived: [], excused: [], notApplicable: [] },
      checks: { health: { verdict, summary: 'as asked', values: {} } },
    };
    await one.target.recordKnownGood(record, context);
  }

  async function fileIn(one: Service, folder: string): Promise<string> {
    const path = `.runbook/${NAME}/${folder}`;
    const [name] = await readdir(join(one.folder, path));
    return `${path}/${name}`;
  }

  async function planned(one: Service) {
    const observed = await one.target.observe(context);
    const plan = planRollback(observed, { kind: 'known-good' });
    if ('problem' in plan) throw new Error(plan.message);
    return plan;
  }

  test('makes no bad version the default, whichever word is changed, and is named', async () => {
    const one = await service(['v0.2.0', 'v0.3.0', 'v0.1.0']);
    await verified(one, 'passed');
    await one.deploy('v0.2.0');
    await verified(one, 'failed');
    await one.deploy('v0.3.0');
    expect(await planned(one)).toMatchObject({ to: { version: '0.1.0' }, rule: 'older-proof' });

    const [good, bad] = [await fileIn(one, 'known-good'), await fileIn(one, 'failed')];
    const fingerprintIn = async (file: string) => JSON.parse(await one.read(file)).fingerprint as string;
    const digestOf = (tag: string) => one.images[tag]?.digest ?? '';
    const words: readonly (readonly [file: string, from: string, to: string])[] = [
      [bad, '"verdict": "failed",\n  "at"', '"verdict": "passed",\n  "at"'],
      [bad, '"verdict": "failed",\n      "summary"', '"verdict": "passed",\n      "summary"'],
      [bad, '"required": [\n    "health"\n  ]', '"required": []'],
      [
        good,
        `"image": "${one.repository}:v0.1.0",\n    "repository"`,
        `"image": "${one.repository}:v0.2.0",\n    "repository"`,
      ],
      [good, '"version": "0.1.0"', '"version": "0.2.0"'],
      [good, digestOf('v0.1.0'), digestOf('v0.2.0')],
      [good, '"definitionHash": "', '"definitionHash": "0'],
      [good, await fingerprintIn(good), await fingerprintIn(bad)],
      [good, '"name": "orchestrator"', '"name": "another"'],
    ];
    for (const [file, from, to] of words) {
      const text = await one.read(file);
      expect(text.split(from).length, `${from} in ${file}`).toBeGreaterThan(1);
      await one.write(file, text.replace(from, to));
      const plan = await planned(one);
      expect(plan.to.version, to).toBe('0.1.0');
      expect(plan.rule === 'older-proof', to).toBe(file === bad);
      expect(plan.warnings.join('\n'), to).toContain(file.replace(/\/[^/]*$/, ''));
      await one.write(file, text);
    }
    // The whole record as a proof.
    await mkdir(join(one.folder, `.runbook/${NAME}/known-good`), { recursive: true });
    await rename(join(one.folder, bad), join(one.folder, bad.replace('/failed/', '/known-good/')));
    expect(await planned(one)).toMatchObject({ to: { version: '0.1.0' }, rule: 'older-proof' });
  });

  test('in the journal does not make what runs the work of a rollback, which would stay', async () => {
    const one = await service(['v0.1.0', 'v0.3.0', 'v0.2.0']);
    await one.target.rollBack(await one.pin(), context);
    expect(await planned(one)).toMatchObject({ rule: 'stays-unproved', to: { version: '0.1.0' } });
    await one.deploy('v0.3.0');
    const before = await planned(one);
    expect(before.to.version).not.toBe('0.3.0');
    const journal = `.runbook/${NAME}/change.json`;
    const text = await one.read(journal);
    const { to } =
      (JSON.parse(text) as { change?: { to: { fingerprint: string } } }).change ?? JSON.parse(text);
    await one.write(journal, text.replaceAll(to.fingerprint, before.from.fingerprint));
    const plan = await planned(one);
    expect(plan.to.version).toBe(before.to.version);
    expect(plan.warnings.join('\n')).toContain('change.json says otherwise than the audit log');
  });
});
