import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectChange } from './journal-entry.ts';
import { minute, stateIn } from './surroundings.ts';

const FILE = '.runbook/app/change.json';

describe('the journal', () => {
  it('tells whoever comes next what was begun and how far it came', async () => {
    const { state, app } = await stateIn();
    const change = projectChange();
    expect(await app.journal.begin(change)).toEqual(change);
    await app.journal.advance('change-1', 'starting', { containers: 2 });
    expect(await state.service('app').journal.read()).toEqual({
      change: { ...change, phase: 'starting', containers: 2 },
      warnings: [],
    });
  });

  it('goes on with a change that was begun before', async () => {
    const { app } = await stateIn();
    await app.journal.begin(projectChange());
    await app.journal.advance('change-1', 'started');
    expect(await app.journal.begin(projectChange({ startedAt: minute(9) }))).toMatchObject({
      phase: 'started',
      startedAt: minute(0),
    });
  });

  it('holds one change: another one has to wait until it is ended', async () => {
    const { app } = await stateIn();
    await app.journal.begin(projectChange());
    await expect(app.journal.begin(projectChange({ id: 'change-2' }))).rejects.toMatchObject({
      type: 'WorkloadChanged',
      message: `${FILE}: another change (begun ${minute(0)}, phase replacing) is not ended; start a new run`,
    });
    await expect(app.journal.advance('change-2', 'started')).rejects.toMatchObject({
      type: 'WorkloadChanged',
    });
    await app.journal.end('change-2');
    expect(await app.journal.read()).toMatchObject({ change: { id: 'change-1', phase: 'replacing' } });
    await app.journal.end('change-1');
    expect(await app.journal.begin(projectChange({ id: 'change-2' }))).toMatchObject({ id: 'change-2' });
  });

  it('is empty when the change has ended, however often that is said', async () => {
    const { root, app } = await stateIn();
    await app.journal.begin(projectChange());
    await app.journal.end('change-1');
    await app.journal.end('change-1');
    expect(await app.journal.read()).toEqual({ warnings: [] });
    expect(await readdir(join(root, '.runbook/app'))).toEqual([]);
    await expect(app.journal.advance('change-1', 'started')).rejects.toMatchObject({
      type: 'WorkloadChanged',
      message: `${FILE}: the change is not there any more; start a new run`,
    });
  });

  it.each([
    ['no JSON', '{"id":'],
    ['without a phase', JSON.stringify({ ...projectChange(), phase: '' })],
    ['without sides', JSON.stringify({ ...projectChange(), from: 'app:2' })],
    ['with a file without hashes', JSON.stringify({ ...projectChange(), files: [{ path: 'compose.yaml' }] })],
    ['too large', `"${'x'.repeat(1024 * 1024)}"`],
  ])('that is %s is told of, and written anew', async (_title, text) => {
    const { root, app } = await stateIn();
    await mkdir(join(root, '.runbook/app'), { recursive: true });
    await writeFile(join(root, FILE), text);
    expect(await app.journal.read()).toEqual({
      warnings: [`${FILE} is no change that can be read, and is ignored`],
    });
    await app.journal.begin(projectChange());
    expect(await app.journal.read()).toMatchObject({ change: { id: 'change-1' }, warnings: [] });
  });
});
