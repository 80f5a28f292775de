import { chmod, mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { projectChange } from './journal-entry.ts';
import { contentOf, fileOf, recordOf, snapshotOf, stateIn } from './surroundings.ts';

const BYTES = Buffer.from([0xff, 0x00, 0x0d, 0x0a]);
const FOLDER = '.runbook/app/contents';

/** Makes everything that is kept as old as if it had been kept two hours ago. */
async function age(root: string): Promise<void> {
  const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
  for (const name of await readdir(join(root, FOLDER)))
    await utimes(join(root, FOLDER, name), twoHoursAgo, twoHoursAgo);
}

describe('kept contents', () => {
  it('are read by their hash, byte for byte, and kept once', async () => {
    const { root, app } = await stateIn();
    expect(await app.contents.keep(BYTES)).toBe(contentHash(BYTES));
    const { ino } = await stat(join(root, FOLDER, contentHash(BYTES)));
    expect(await app.contents.keep(BYTES)).toBe(contentHash(BYTES));
    expect(await app.contents.read(contentHash(BYTES))).toEqual(BYTES);
    expect(await readdir(join(root, FOLDER))).toEqual([contentHash(BYTES)]);
    expect((await stat(join(root, FOLDER, contentHash(BYTES)))).ino).toBe(ino);
  });

  it('that were tampered with are not kept any more, until they are kept again', async () => {
    const { root, app } = await stateIn();
    const sha256 = await app.contents.keep(BYTES);
    await chmod(join(root, FOLDER, sha256), 0o600);
    await writeFile(join(root, FOLDER, sha256), 'something else');
    expect(await app.contents.read(sha256)).toBeUndefined();
    await app.contents.keep(BYTES);
    expect(await app.contents.read(sha256)).toEqual(BYTES);
  });

  it.each(['../../../secret', 'short', ''])('have no such name as %j', async (name) => {
    const { root, app } = await stateIn();
    await app.contents.keep(BYTES);
    await writeFile(join(root, 'secret'), 'x');
    expect(await app.contents.read(name)).toBeUndefined();
  });
});

describe('contents that nothing refers to', () => {
  it('are removed an hour after they were last kept; all others stay', async () => {
    const { root, app } = await stateIn();
    const keep = (text: string) => app.contents.keep(Buffer.from(text));
    const used = {
      record: await keep('record'),
      snapshot: await keep('snapshot'),
      before: await keep('before'),
      after: await keep('after'),
    };
    const unused = await keep('unused');
    const again = await keep('again');
    await app.knownGood.write(recordOf(1, { content: contentOf({ files: [fileOf(used.record)] }) }));
    await app.snapshots.write(snapshotOf(2, { content: contentOf({ files: [fileOf(used.snapshot)] }) }));
    await app.journal.begin(
      projectChange({ files: [{ ...fileOf(used.after), before: used.before, how: 'content' }] }),
    );
    expect(await app.removeUnusedContents()).toBe(0);
    await age(root);
    await keep('again');
    expect(await app.removeUnusedContents()).toBe(1);
    expect((await readdir(join(root, FOLDER))).sort()).toEqual([...Object.values(used), again].sort());
    expect(await app.contents.read(unused)).toBeUndefined();
  });

  it('stay while an entry cannot be read: it may refer to them', async () => {
    const { root, app } = await stateIn();
    const sha256 = await app.contents.keep(BYTES);
    await age(root);
    await mkdir(join(root, '.runbook/app/known-good'));
    await writeFile(join(root, '.runbook/app/known-good/0000000000000001.json'), '{');
    expect(await app.removeUnusedContents()).toBe(0);
    expect(await app.contents.read(sha256)).toEqual(BYTES);
  });
});
