import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { workflowBuildId, workflowBundle } from '../../src/wiring/bundle.ts';

const LIMIT = 1_200_000;

it('the workflow bundle is kept in a file, holds no schema library, and stays small', async () => {
  const bundle = await workflowBundle();
  if (!('codePath' in bundle)) throw new Error('the bundle was not kept');
  expect(bundle.codePath).toContain(workflowBuildId());
  const code = readFileSync(bundle.codePath, 'utf8').replace(/\/\/# sourceMappingURL=.*/, '');
  expect(code.length).toBeLessThan(LIMIT);
  expect(code).not.toMatch(/node_modules\/(zod|undici|yaml|diff|@kubernetes)\//);
  expect(code).toMatch(/workflows\/rollback\.ts/);
});

it('only the workflows are exported: what the worker offers, and what it does with another type', async () => {
  const workflows = await import('../../src/workflows/index.ts');
  expect(Object.keys(workflows).sort()).toEqual([
    'claim',
    'default',
    'followThrough',
    'rollback',
    'rollbackGroup',
    'verify',
  ]);
});

it('the build id tells one state of the code from another', () => {
  expect(workflowBuildId()).toMatch(/^[0-9a-f]{16}$/);
  expect(workflowBuildId()).toBe(workflowBuildId());
});
