import { chmod, link, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseContainers } from '../../../../../src/targets/compose/engine/objects/containers.ts';
import type { LoadedProject } from '../../../../../src/targets/compose/load/load-project.ts';
import { unseenConfig } from '../../../../../src/targets/compose/read/config/unseen.ts';
import type { ProjectChange } from '../../../../../src/targets/compose/state/project-change.ts';
import { temporaryFolder } from '../../../../tools/surroundings.ts';

const HASH = 'a'.repeat(64);
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

/** A container with a mounted file, and what is asked of a step. */
async function running(startedAt: string, isRecorded = false) {
  const folder = await temporaryFolder();
  const path = join(folder, 'app.toml');
  await writeFile(path, 'model = "good"\n');
  const pin = { path: 'app.toml', kind: 'bind', sha256: HASH } as const;
  const service = { definition: {}, definitionHash: HASH };
  const project = {
    service,
    files: [pin],
    read: new Map([['app.toml', { path }]]),
  } as unknown as LoadedProject;
  const inspected = { Id: 'c1', Name: '/one', Created: startedAt, State: { StartedAt: startedAt } };
  const [container] = parseContainers([inspected]);
  const content = { files: [pin], definitionHash: HASH, container: { id: 'c1', startedAt } };
  const step = {
    model: async () => ({ environment: {} }),
    contentIn: async () => undefined,
    recorded: async () => ({ versions: isRecorded ? [{ content }] : [] }),
  } as unknown as Parameters<typeof unseenConfig>[3];
  const ask = (change?: Partial<ProjectChange>) =>
    unseenConfig(project, container, change as ProjectChange | undefined, step);
  return { folder, path, ask };
}

describe('a file that is mounted into a container', () => {
  it('was not seen where it was written since', async () => {
    const { ask } = await running(ago(1_000));
    expect(await ask()).toMatchObject([
      {
        name: 'app.toml',
        says: expect.stringMatching(/^it was changed at \S+, and the container started at/),
      },
    ]);
  });

  const long = new Date(Date.now() - 3_600_000);
  it.each<[string, (folder: string, path: string) => Promise<unknown>]>([
    [
      'put in its place with an older time, as mv and rsync -t do',
      async (folder, path) => {
        await writeFile(join(folder, 'new'), 'model = "bad"\n');
        await utimes(join(folder, 'new'), long, long);
        await rename(join(folder, 'new'), path);
      },
    ],
    ['written over with an older time, as cp -p does', (_folder, path) => utimes(path, long, long)],
  ])('may not have been seen where it was %s', async (_what, change) => {
    const { folder, path, ask } = await running(ago(600_000));
    await change(folder, path);
    expect(await ask()).toMatchObject([
      { says: 'it cannot be told whether it was changed since the container started' },
    ]);
  });

  it.each<[string, (folder: string, path: string) => Promise<unknown>]>([
    ['given another mode or owner by the entrypoint', (_folder, path) => chmod(path, 0o600)],
    ['linked to while it starts', (folder, path) => link(path, join(folder, 'backup'))],
  ])('was seen where it was %s', async (_what, change) => {
    const { folder, path, ask } = await running(ago(2_000));
    await utimes(path, long, long);
    await change(folder, path);
    expect(await ask()).toEqual([]);
  });

  it('was seen where it is on record that this container ran with its content, whatever its times say', async () => {
    const { ask } = await running(ago(600_000), true);
    expect(await ask()).toEqual([]);
  });

  it('was seen where a change of ours has left it and made the container, whatever the clock of the engine says', async () => {
    const { ask } = await running(ago(600_000));
    const change = { phase: 'started', made: ['c1'], endedAt: ago(0), files: [] } as const;
    const left = [{ path: 'app.toml', kind: 'bind', sha256: HASH } as const];
    expect(await ask({ ...change, left })).toEqual([]);
    for (const other of [
      { ...change, left: [{ ...left[0]!, sha256: 'b'.repeat(64) }] },
      { ...change, left, made: ['c0'] },
      // It was started again since, with whatever was there then.
      { ...change, left, endedAt: ago(700_000) },
    ]) {
      expect(await ask(other)).toHaveLength(1);
    }
  });
});
