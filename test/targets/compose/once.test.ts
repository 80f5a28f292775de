import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, TO_FIRST, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const { service } = openWorld();
const CONFIG = / config$/;

/** A worker of which is known what it asks the engine, and what it has Compose do. */
async function watched(one: Service) {
  const { env, commands, noteQuestions, questions } = await one.intercept();
  await noteQuestions();
  const target = one.another({}, env);
  return {
    target,
    env,
    async during<T>(step: (by: RollbackTarget) => Promise<T>) {
      const [askedBefore, runBefore] = [(await questions()).length, (await commands()).length];
      const result = await step(target);
      const asked = (await questions()).slice(askedBefore);
      return { result, asked, run: (await commands()).slice(runBefore) };
    },
  };
}

const twice = (asked: readonly string[]) => asked.filter((one, index) => asked.indexOf(one) !== index);

describe.skipIf(problem)(titled('a step of a Compose service'), () => {
  test('asks the engine nothing twice, but for what it has changed itself', async () => {
    const one = await service(both);
    const worker = await watched(one);
    // Two steps at the same time.
    const access = await worker.during((by) =>
      Promise.all([by.observe(context), by.checkAccess(TO_FIRST, context)]),
    );
    const [observed] = access.result;
    const wished = planRollback(observed, TO_FIRST);
    if ('problem' in wished) throw new Error(wished.message);
    const planned = await worker.during((by) => by.resolve(wished, context));
    const kept = await worker.during((by) => by.takeSnapshot(liveVersionOf(observed), context));
    const changed = await worker.during((by) => by.rollBack(planned.result.plan.pin, context));
    const waited = await worker.during((by) => one.wait(changed.result, by));
    const seen = await worker.during((by) => by.current(context));

    expect([access, planned, kept, seen].flatMap(({ asked }) => twice(asked))).toEqual([]);
    // Which containers there are, before the change and after it.
    expect(twice(changed.asked)).toEqual([expect.stringMatching(/^GET \/containers\/json\?/)]);
    expect([planned, kept, changed, seen].map(({ asked }) => asked.length)).toEqual([3, 2, 7, 2]);
    // Each time that it looks, and nothing for the verdict behind it.
    expect(new Set(waited.asked).size).toBe(2);
  });

  test('has Compose read the same files once, whichever step asks', async () => {
    const one = await service(both);
    const worker = await watched(one);
    const configs = async (step: (by: RollbackTarget) => Promise<unknown>) =>
      (await worker.during(step)).run.filter((line) => CONFIG.test(line)).length;
    // As we call it, and by itself.
    expect(await configs((by) => by.checkAccess(TO_FIRST, context))).toBe(2);
    expect(await configs((by) => by.observe(context))).toBe(0);
    const pin = await one.pin(TO_FIRST, worker.target);
    expect(await configs((by) => by.rollBack(pin, context))).toBe(1);
    expect(await configs((by) => by.observe(context))).toBe(1);
    await one.deploy('v0.2.0');
    expect(await configs((by) => by.checkAccess(TO_FIRST, context))).toBe(0);
    const again = await one.pin(TO_FIRST, worker.target);
    expect(await configs((by) => by.rollBack(again, context))).toBe(0);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  const others = (lines: string) =>
    quietWith(`    env_file: app.env\n  other:\n    image: none\n    profiles: [never]\n${lines}`);
  const changes: readonly [string, string, (one: Service) => Promise<void>][] = [
    ['its compose file', '', async (one) => one.write(FILE, `${await one.read()}# more\n`)],
    ['a file of variables, by appearing', '', (one) => one.write('.env', 'LLM_TIMEOUT=1\n')],
    ['its env file', '', (one) => one.write('app.env', 'LLM_TIMEOUT=2\n')],
    [
      'the env file of another service',
      '    env_file: other.env\n',
      (one) => one.write('other.env', 'A=2\n'),
    ],
    [
      'a file that may be missing',
      '    env_file: [{path: may.env, required: false}]\n',
      (one) => one.write('may.env', 'A=1\n'),
    ],
  ];
  test.each(changes)('has Compose read the files anew after a change of %s', async (_what, line, change) => {
    const files = { 'app.env': 'LLM_TIMEOUT=1\n', 'other.env': 'A=1\n' };
    const one = await service(both, { text: others(line), files });
    const worker = await watched(one);
    const configs = async () =>
      (await worker.during((by) => by.observe(context))).run.filter((called) => CONFIG.test(called)).length;
    expect(await configs()).toBe(2);
    // A content is the same content whenever it was written.
    await utimes(join(one.folder, FILE), 1, 1);
    expect(await configs()).toBe(0);
    await change(one);
    expect(await configs()).toBe(2);
    expect(await configs()).toBe(0);
  });

  test('goes by no reading of files that were edited meanwhile', async () => {
    const one = await service(both);
    const before = await one.read();
    await one.write('edited.yml', before.replace(/image: .*/, 'image: other:v1'));
    const { env, once } = await one.intercept();
    const target = one.another({}, env);
    await once({ before: 'compose * config' }, `cp '${one.folder}/edited.yml' '${one.folder}/${FILE}'`);
    await target.observe(context).catch(() => undefined);
    await one.write(FILE, before);
    expect((await target.checkAccess(TO_FIRST, context)).summary).toContain('0.1.0 is in the registry');
  });

  test('has Compose refuse a project that another service makes unreadable, before its container is touched', async () => {
    const files = { 'app.env': 'LLM_TIMEOUT=1\n', 'other.env': 'A=1\n' };
    const one = await service(both, { text: others('    env_file: other.env\n'), files });
    const target = one.another({ profiles: ['never'] });
    // Both readings are held from then on.
    await target.rollBack(await one.pin(TO_FIRST, target), context);
    await one.deploy('v0.2.0');
    const pin = await one.pin(TO_FIRST, target);
    const before = await one.state();
    await rm(join(one.folder, 'other.env'));
    const error = await errorOf(target.rollBack(pin, context));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).toContain('Compose refuses the files of the project');
    const { files: left, containers } = await one.state();
    expect(containers).toEqual(before.containers);
    expect(left[FILE]).toBe(before.files[FILE]);
  });
});
