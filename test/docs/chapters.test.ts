import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

/** The chapters of a room in the order in which they build on each other: an import goes to the same one, or back. */
const CHAPTERS: Readonly<Record<string, readonly string[]>> = {
  domain: [
    'media',
    'masking',
    'preconditions',
    'proof',
    'steps',
    'versions',
    'need',
    'request',
    'people',
    'ledger',
  ],
  registry: ['name', 'login', 'session'],
  'targets/kubernetes': [
    'api',
    'template',
    'workload',
    'config',
    'state',
    'access',
    'rollout',
    'preconditions',
  ],
  'targets/compose': [
    'project',
    'engine',
    'files',
    'state',
    'load',
    'read',
    'plan',
    'wait',
    'change',
    'preconditions',
  ],
  'targets/compose/project': ['text', 'files', 'service'],
  'targets/compose/engine': ['command', 'objects', 'api'],
  'workflows/run': ['step', 'aim', 'member', 'proof', 'end'],
  settings: ['read', 'compare', 'rules', 'orchestrator'],
  cli: ['errors', 'show', 'session', 'commands'],
};

/** More files than this beside each other want chapters. Activities are one a step. */
const MOST_FILES = 16;
const LARGER: Readonly<Record<string, number>> = { activities: 25 };

const filesIn = (folder: string) =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );

/** Files that a file of the room imports, relative to the room. */
function importsOf(room: string, file: string): readonly string[] {
  const path = join(SRC, room, file);
  return [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)'/g)]
    .map(([, name = '']) => relative(join(SRC, room), normalize(join(dirname(path), name))))
    .filter((name) => !name.startsWith('..'));
}

const chapterOf = (file: string) => (file.includes('/') ? file.split('/')[0] : undefined);

describe('a room with chapters', () => {
  it.each(Object.entries(CHAPTERS))('src/%s has these and no others', (room, chapters) => {
    const folders = readdirSync(join(SRC, room), { withFileTypes: true }).filter((one) => one.isDirectory());
    expect(folders.map(({ name }) => name).toSorted()).toEqual(chapters.toSorted());
  });

  it.each(Object.entries(CHAPTERS))('src/%s has no arrow that runs back up', (room, chapters) => {
    const up = filesIn(room).flatMap((file) => {
      const from = chapters.indexOf(chapterOf(file) ?? '');
      return importsOf(room, file)
        .filter((name) => from >= 0 && chapters.indexOf(chapterOf(name) ?? '') > from)
        .map((name) => `${file} -> ${name}`);
    });
    expect(up).toEqual([]);
  });
});

it('no folder has more files than show what it is about', () => {
  const folders = ['', ...readdirSync(SRC, { recursive: true, encoding: 'utf8', withFileTypes: false })]
    .map((name) => ({ name, files: countOf(name) }))
    .filter(({ name, files }) => files > (LARGER[name] ?? MOST_FILES));
  expect(folders).toEqual([]);
});

function countOf(folder: string): number {
  try {
    return readdirSync(join(SRC, folder), { withFileTypes: true }).filter((one) => one.isFile()).length;
  } catch {
    return 0;
  }
}
