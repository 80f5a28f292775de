import { execFile } from 'node:child_process';
import { appendFile, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { takeLockFile } from '../../../../src/locks/lock-file.ts';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { minute, signal, stateIn } from './surroundings.ts';

const FILE = '.runbook/app/audit.jsonl';
const entry = (number: number) => ({
  at: minute(number),
  event: 'replaced',
  key: `${number}`,
  version: `${number}`,
});

async function logOf(...numbers: readonly number[]) {
  const world = await stateIn();
  for (const number of numbers) await world.app.audit.append(entry(number), signal);
  const file = join(world.root, FILE);
  const lines = async () => (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return { ...world, file, lines };
}

describe('the audit log', () => {
  it('holds one line an event, each with the hash of the one before', async () => {
    const { app, lines } = await logOf(1, 2, 3);
    const [first = '', second = '', third = ''] = await lines();
    expect([first, second, third].map((line) => JSON.parse(line))).toEqual([
      { ...entry(1), previous: '0'.repeat(64) },
      { ...entry(2), previous: contentHash(first) },
      { ...entry(3), previous: contentHash(second) },
    ]);
    expect(await app.audit.verify()).toEqual({
      entries: [first, second, third].map((line) => JSON.parse(line)),
      warnings: [],
      faults: [],
      head: contentHash(third),
    });
  });

  it('takes an entry once, whatever it is repeated with', async () => {
    const { app, file } = await logOf(1, 2);
    const before = await readFile(file, 'utf8');
    expect(await app.audit.append({ ...entry(1), at: minute(9) }, signal)).toBe(false);
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await app.audit.append(entry(3), signal)).toBe(true);
  });

  it.each([
    [
      'changed',
      (lines: string[]) => lines.with(1, (lines[1] as string).replace('"version":"2"', '"version":"9"')),
      3,
    ],
    ['taken out', (lines: string[]) => lines.toSpliced(1, 1), 2],
    ['taken from the start', (lines: string[]) => lines.slice(1), 1],
    ['put in', (lines: string[]) => lines.toSpliced(1, 0, lines[0] as string), 2],
    ['made unreadable', (lines: string[]) => lines.with(1, 'x'), 3],
    ['swapped', (lines: string[]) => [lines[1], lines[0], lines[2], lines[3]] as string[], 1],
  ])('shows that a line was %s', async (_title, tamper, line) => {
    const { app, file, lines } = await logOf(1, 2, 3, 4);
    await writeFile(
      file,
      tamper(await lines())
        .map((text) => `${text}\n`)
        .join(''),
    );
    const { faults } = await app.audit.verify();
    expect(faults[0]).toBe(`${FILE}, line ${line}: what stands before it was changed or removed`);
  });

  it('tells by its head, kept elsewhere, that a line was taken from the end', async () => {
    const { app, file, lines } = await logOf(1, 2);
    const { head } = await app.audit.verify();
    await writeFile(file, `${(await lines())[0]}\n`);
    const trail = await app.audit.verify();
    expect(trail.faults).toEqual([]);
    expect(trail.head).not.toBe(head);
  });

  it.each([
    ['half a line', Buffer.from('{"at":"2026')],
    ['half a character', Buffer.from([0x7b, 0xc3])],
    ['zeros of a lost write', Buffer.alloc(16)],
  ])('goes on after %s on a line of its own, and tells of it', async (_title, torn) => {
    const { app, file } = await logOf(1);
    await appendFile(file, torn);
    expect(await app.audit.append(entry(2), signal)).toBe(true);
    const { entries, warnings, faults } = await app.audit.verify();
    expect(entries.map(({ key }) => key)).toEqual(['1', '2']);
    expect(warnings).toEqual([`${FILE}, line 2: was not written to its end, and is ignored`]);
    expect(faults).toEqual([]);
  });

  it('takes a line that lacks nothing but its end as it is', async () => {
    const { app, file, lines } = await logOf(1, 2);
    await writeFile(file, (await lines()).join('\n'));
    expect(await app.audit.append(entry(2), signal)).toBe(false);
    expect(await app.audit.append(entry(3), signal)).toBe(true);
    expect(await app.audit.verify()).toMatchObject({ warnings: [], faults: [], entries: [{}, {}, {}] });
  });

  it('of several processes at once is one chain, with every key once', async () => {
    const { root, app } = await stateIn();
    const program = join(import.meta.dirname, 'programs/append.ts');
    const append = (name: string) => promisify(execFile)(process.execPath, [program, root, name, '4']);
    await Promise.all(['a', 'b'].map(append));
    const { entries, warnings, faults } = await app.audit.verify();
    expect([...warnings, ...faults]).toEqual([]);
    const numbers = Array.from({ length: 4 }, (_, number) => number);
    expect(entries.map(({ key }) => key).sort()).toEqual(
      ['a', 'b', 'shared'].flatMap((name) => numbers.map((number) => `${name} ${number}`)),
    );
  });

  it('waits no longer than its step when another process holds it', async () => {
    const { root, app } = await logOf(1);
    const lock = await takeLockFile(join(root, '.runbook/app/audit.lock'), { signal, waitMs: 0 });
    const abort = new AbortController();
    const waiting = app.audit.append(entry(2), abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await lock.release();
  });

  it('is never written through a link', async () => {
    const { root, app, file } = await logOf(1);
    const other = join(root, 'other');
    await writeFile(other, 'mine');
    await rm(file);
    await symlink(other, file);
    await expect(app.audit.append(entry(2), signal)).rejects.toMatchObject({
      type: 'ComposeFileUnsupported',
    });
    expect(await readFile(other, 'utf8')).toBe('mine');
  });
});
