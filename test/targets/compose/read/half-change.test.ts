import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/targets/compose/engine/objects/containers.ts';
import { isHalf } from '../../../../src/targets/compose/read/half-change.ts';
import type { ChangePhase } from '../../../../src/targets/compose/state/project-change.ts';
import { container } from '../container.ts';
import { projectChange } from '../state/journal-entry.ts';

const file = (path: string) => ({
  path,
  kind: 'compose' as const,
  how: 'image' as const,
  before: `old ${path}`,
  sha256: `new ${path}`,
});
const old = container({ id: 'old', imageId: 'before' });
const made = container({ id: 'made', imageId: 'after' });
const created = container({ id: 'made', imageId: 'after', status: 'created', running: false });
const ended = container({ id: 'made', imageId: 'after', status: 'exited', running: false });
const back = container({ id: 'back', imageId: 'before' });

function half(phase: ChangePhase, hashes: Readonly<Record<string, string>>, ...containers: Container[]) {
  const side = (imageId: string) => ({ version: imageId, image: imageId, imageId, fingerprint: imageId });
  const change = projectChange({
    phase,
    from: side('before'),
    to: side('after'),
    files: Object.keys(hashes).map(file),
    containerIds: ['old'],
  });
  return isHalf(change, new Map(Object.entries(hashes)), containers);
}

describe('a change that was left', () => {
  it.each<[string, boolean]>([
    ['before anything was replaced', half('replacing', { a: 'old a' }, old)],
    ['with nothing to replace but the container', half('starting', {}, old)],
    ['when all was done but the note of it', half('starting', { a: 'new a' }, made)],
    ['with a container that has ended: that was started', half('starting', { a: 'new a' }, ended)],
    ['at its end', half('started', { a: 'new a' }, old)],
    ['restored', half('restored', { a: 'new a' }, old)],
    ['when the compensation had not begun with the files', half('restoring', { a: 'new a' }, made)],
    ['when the compensation was done but for the note of it', half('restoring', { a: 'old a' }, back)],
    ['and put right by hand: files of before, container anew', half('starting', { a: 'old a' }, back)],
    ['and put right by hand: something else in the file', half('starting', { a: 'mine' }, old)],
  ])('%s is whole', (_what, found) => {
    expect(found).toBe(false);
  });

  it.each<[string, boolean]>([
    ['with the files replaced and the old container', half('starting', { a: 'new a' }, old)],
    ['with one of two files replaced', half('replacing', { a: 'new a', b: 'old b' }, old)],
    ['with the files replaced and no container', half('starting', { a: 'new a' })],
    ['with a container that was made and not started', half('starting', { a: 'new a' }, created)],
    ['with such a container and no file', half('starting', {}, created)],
    ['with the old and the new container', half('starting', { a: 'new a' }, old, created)],
    ['in a compensation with the files alone', half('restoring', { a: 'old a' }, made)],
    ['in a compensation with one file of two', half('restoring', { a: 'old a', b: 'new b' }, made)],
    ['in a compensation without a container', half('restoring', { a: 'old a' })],
  ])('%s is half', (_what, found) => {
    expect(found).toBe(true);
  });
});
