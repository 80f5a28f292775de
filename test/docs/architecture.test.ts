import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withCatalogues } from '../../docs/write-architecture.ts';
import { STEP_IDS } from '../../src/domain/steps/steps.ts';

const ROOT = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const page = textOf('docs/architecture.md');
const rooms = page.slice(page.indexOf('## Rooms'), page.indexOf('## What makes a run safe'));

const foldersIn = (path: string) =>
  readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Every name in backticks that stands in a table of the page, row by row. */
const named = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

describe('docs/architecture.md', () => {
  it('has the rows of steps and checks as they are (node docs/write-architecture.ts)', () => {
    expect(page).toBe(withCatalogues(page));
  });

  it.each(foldersIn('src').map((name) => `src/${name}/`))('has the room %s', (folder) => {
    expect(named(rooms)).toContain(folder);
  });

  it('names no room that is not there', () => {
    const folders = named(rooms).filter((name) =>
      /^(src|tools|sandbox|bench|test|examples)\/$|^src\/[\w-]+\/$/.test(name),
    );
    expect(folders.length).toBeGreaterThan(foldersIn('src').length);
    for (const folder of folders) expect(existsSync(join(ROOT, folder)), folder).toBe(true);
  });

  it('says of every file of the workflows what it is, and of no other', () => {
    const table = page.slice(page.indexOf('| in `src/workflows/`'), page.indexOf('## Steps and checks'));
    const files = readdirSync(join(ROOT, 'src/workflows'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'index.ts')
      .toSorted();
    const told = named(table).filter((name) => name.endsWith('.ts'));
    expect(told.toSorted()).toEqual(files);
  });

  it('draws the steps of a rollback in their order', () => {
    const drawing = page.slice(0, page.indexOf('Beside the steps'));
    const drawn = [...drawing.matchAll(/(?:^ +|─► |\+ )([a-z-]+)(?= |$)/gm)].map(([, step]) => step);
    expect(drawn).toEqual(ORDER);
  });
});

/** The steps of a rollback of one service in their order; what is told goes out while the evidence is kept. */
const ORDER: readonly string[] = STEP_IDS.filter(
  (id) => !['watch-service', 'identify-holder', 'plan-group'].includes(id),
).map((id) => (id === 'notify' ? 'record-known-good' : id === 'record-known-good' ? 'notify' : id));

describe('src/workflows/rollback.ts', () => {
  const text = textOf('src/workflows/rollback.ts');

  it('shows every step by its name, in the order of the runbook', () => {
    const shown = [...text.matchAll(/\('([a-z-]+)'|\b(verify-[a-z]+)\b/g)].map(
      ([, call, check]) => call ?? check,
    );
    expect(shown.filter((name) => ORDER.includes(String(name)))).toEqual(ORDER);
  });
});
