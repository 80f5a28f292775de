import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderErrors } from '../../docs/write-errors.ts';

it('docs/errors.md is what the catalogue says (node docs/write-errors.ts)', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  expect(page).toBe(renderErrors());
});
