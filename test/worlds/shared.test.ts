import { expect, test } from 'vitest';
import { borrowSandbox } from './borrowed.ts';
import { sharedTemporal } from './shared.ts';

test('a server is shared by all that borrow it, and each has processes of its own', async () => {
  await using one = await borrowSandbox({ temporal: true });
  await using other = await borrowSandbox({ temporal: true });
  expect(other.temporal).toBe(one.temporal);
  expect(other.folder).not.toBe(one.folder);
  const { exited } = await one.processes.start('idle', process.execPath, ['-e', 'setInterval(() => 0, 1e6)']);
  await one.close();
  expect(await exited).toMatchObject({ signal: 'SIGKILL' });
  expect(await sharedTemporal(false)).toBe(other.temporal);
  expect(() => process.kill(other.temporal.pid(), 0)).not.toThrow();
});

test('a server that a test has left dead is opened anew for the next one', async () => {
  const { temporal } = await borrowSandbox({ temporal: true });
  await temporal.process.kill();
  await using next = await borrowSandbox({ temporal: true });
  expect(next.temporal).not.toBe(temporal);
  expect(() => process.kill(next.temporal.pid(), 0)).not.toThrow();
});
