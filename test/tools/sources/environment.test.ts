import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environment } from '../../../tools/sources/environment.ts';
import { ToolMissing } from '../../../tools/tool-missing.ts';
import { contextWith, etcdOf, temporaryFolder, writeProgram } from '../surroundings.ts';

test('takes the program that the variable names', async () => {
  const program = await writeProgram(join(await temporaryFolder(), 'my-etcd'), etcdOf('3.7.1'));
  const found = await environment.find(await contextWith({ env: { RUNBOOK_ETCD: program } }));
  expect(found).toEqual({ path: program, version: '3.7.1' });
});

test('goes on when the variable is not set or empty', async () => {
  for (const env of [{}, { RUNBOOK_ETCD: '' }]) {
    expect(await environment.find(await contextWith({ env }))).toEqual({
      missing: 'RUNBOOK_ETCD is not set',
    });
  }
});

test.each([
  ['does not exist', undefined, /does not run \(ENOENT\)/],
  ['is too old', etcdOf('3.5.30'), /is version 3\.5\.30, accepted is 3\.6 or newer/],
  ['is another program', 'echo hello', /tells no version/],
  ['fails', 'exit 3', /does not run \(exit code 3\)/],
])('refuses a named program that %s instead of passing it over', async (_, script, reason) => {
  const program = join(await temporaryFolder(), 'etcd');
  if (script) await writeProgram(program, script);
  const finding = environment.find(await contextWith({ env: { RUNBOOK_ETCD: program } }));
  const error = await finding.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ToolMissing);
  expect((error as ToolMissing).message).toMatch(reason);
  expect((error as ToolMissing).message).toContain(`RUNBOOK_ETCD=${program}`);
});
