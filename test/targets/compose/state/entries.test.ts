import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRIES_KEPT, type KnownVersion } from '../../../../src/targets/compose/state/index.ts';
import { contentOf, fileOf, minute, printOf, recordOf, snapshotOf, stateIn } from './surroundings.ts';

const FOLDER = '.runbook/app/known-good';

describe('known-good evidence', () => {
  it('is read as it was written, by the start of its fingerprint', async () => {
    const { root, app } = await stateIn();
    const record = recordOf(1, {
      imageId: 'sha256:1',
      content: contentOf({ files: [fileOf('e'.repeat(64))] }),
    });
    expect(await app.knownGood.write(record)).toBe(`${FOLDER}/0000000000000001.json`);
    expect(await readdir(join(root, FOLDER))).toEqual(['0000000000000001.json']);
    const { entries, warnings } = await app.knownGood.read();
    expect([...entries]).toEqual([[printOf(1), record]]);
    expect(warnings).toEqual([]);
  });

  it('is the newest of its version, with the instant at which that was first seen', async () => {
    const { app } = await stateIn();
    const at = (minutes: number) =>
      recordOf(1, {
        at: minute(minutes),
        runId: `${minutes}`,
        content: contentOf({ firstSeenAt: minute(minutes) }),
      });
    for (const minutes of [5, 9, 7, 3]) await app.knownGood.write(at(minutes));
    expect((await app.knownGood.read()).entries.get(printOf(1))).toMatchObject({
      at: minute(9),
      runId: '9',
      content: { firstSeenAt: minute(3) },
    });
  });

  it('of too many versions loses the oldest that failed, then the oldest, never the one just written', async () => {
    const { app } = await stateIn();
    const verdict = (number: number): KnownVersion['verdict'] => (number % 2 === 0 ? 'passed' : 'failed');
    const write = (number: number) => app.knownGood.write(recordOf(number, { verdict: verdict(number) }));
    const kept = async () =>
      [...(await app.knownGood.read()).entries.values()].map(({ version }) => Number(version));
    for (let number = 0; number < ENTRIES_KEPT + 2; number += 1) await write(number);
    expect(await kept()).toHaveLength(ENTRIES_KEPT);
    expect(await kept()).toEqual(expect.arrayContaining([0, 2, 4, 5, 6, 50, 51]));
    for (let number = 100; number < 100 + 2 * ENTRIES_KEPT; number += 2) await write(number);
    expect(await kept()).toEqual(Array.from({ length: ENTRIES_KEPT }, (_, index) => 100 + 2 * index));
    await write(1);
    expect(await kept()).toContain(1);
    expect(await kept()).not.toContain(100);
  });

  it.each([
    ['no JSON', 'half a {'],
    ['empty, as after a loss of power', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another version than its name', JSON.stringify(recordOf(2))],
    ['without its content', JSON.stringify({ ...recordOf(1), content: undefined })],
    ['of no verdict', JSON.stringify({ ...recordOf(1), verdict: 'good' })],
    ['of no instant', JSON.stringify({ ...recordOf(1), at: 'yesterday' })],
    ['of a short fingerprint', JSON.stringify({ ...recordOf(1), fingerprint: '0000000000000001' })],
    ['with a check that is none', JSON.stringify({ ...recordOf(1), checks: { health: 'passed' } })],
    [
      'with a file without hash',
      JSON.stringify(recordOf(1, { content: contentOf({ files: [fileOf('short')] }) })),
    ],
    [
      'with a file of no kind',
      JSON.stringify({
        ...recordOf(1),
        content: { ...contentOf(), files: [{ ...fileOf('e'.repeat(64)), kind: 'x' }] },
      }),
    ],
    ['too large', `"${'x'.repeat(1024 * 1024)}"`],
  ])('that is %s is left out and told of, and is replaced by the next record', async (_title, text) => {
    const { root, app } = await stateIn();
    await app.knownGood.write(recordOf(3));
    await writeFile(join(root, FOLDER, '0000000000000001.json'), text);
    const { entries, warnings } = await app.knownGood.read();
    expect([...entries.keys()]).toEqual([printOf(3)]);
    expect(warnings).toEqual([
      `${FOLDER}/0000000000000001.json is no entry that can be read, and is ignored`,
    ]);
    await app.knownGood.write(recordOf(1));
    expect((await app.knownGood.read()).warnings).toEqual([]);
  });

  it('that is a link or a folder is left out, and a link is never followed', async () => {
    const { root, app } = await stateIn();
    await app.knownGood.write(recordOf(3));
    const elsewhere = join(root, 'elsewhere.json');
    await writeFile(elsewhere, JSON.stringify(recordOf(1)));
    await symlink(elsewhere, join(root, FOLDER, '0000000000000001.json'));
    await mkdir(join(root, FOLDER, '0000000000000002.json'));
    const { entries, warnings } = await app.knownGood.read();
    expect([...entries.keys()]).toEqual([printOf(3)]);
    expect(warnings).toHaveLength(2);
    await app.knownGood.write(recordOf(1, { runId: 'new' }));
    expect(await readFile(elsewhere, 'utf8')).toBe(JSON.stringify(recordOf(1)));
  });
});

describe('snapshots', () => {
  it('are read as they were taken, and are those of this service alone', async () => {
    const { state, app } = await stateIn();
    const snapshot = snapshotOf(1, { workflowId: 'rollback-app', runId: 'run' });
    expect(await app.snapshots.write(snapshot)).toBe('.runbook/app/snapshots/0000000000000001.json');
    expect([...(await app.snapshots.read()).entries.values()]).toEqual([snapshot]);
    expect((await state.service('other').snapshots.read()).entries.size).toBe(0);
    expect((await app.knownGood.read()).entries.size).toBe(0);
  });

  it('of too many versions are the newest, with the one just taken', async () => {
    const { app } = await stateIn();
    for (let number = 1; number <= ENTRIES_KEPT + 1; number += 1)
      await app.snapshots.write(snapshotOf(number));
    await app.snapshots.write(snapshotOf(0));
    const kept = [...(await app.snapshots.read()).entries.values()].map(({ version }) => Number(version));
    expect(kept).toEqual([0, ...Array.from({ length: ENTRIES_KEPT - 1 }, (_, index) => index + 3)]);
  });
});
