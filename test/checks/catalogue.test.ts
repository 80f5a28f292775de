import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyActivities } from '../../src/activities/verify.ts';
import { CHECK_KINDS } from '../../src/checks/catalogue.ts';
import type { CheckKind } from '../../src/checks/check-kind.ts';
import { createChecks } from '../../src/checks/create-checks.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { CHECK_IDS, CHECKS, type CheckRow } from '../../src/domain/proof/checks.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A service with every check switched on, all of them as they are by default. */
function everyCheck() {
  const on = CHECK_IDS.map((id) => `${id}: {}`).join(', ');
  const text = `services: { o: { kubernetes: { namespace: n, deployment: d }, endpoint: "http://h", checks: { ${on} } } }`;
  return parseConfig(text, { file: 'runbook.yaml' }).services.o ?? expect.fail();
}

describe('the checks', () => {
  it('are what the folders are that have settings', () => {
    const folders = readdirSync(join(ROOT, 'src/checks')).filter((name) =>
      existsSync(join(ROOT, 'src/checks', name, 'settings.ts')),
    );
    expect(folders.toSorted()).toEqual(CHECK_IDS.toSorted());
    expect(Object.keys(CHECK_KINDS).toSorted()).toEqual(CHECK_IDS.toSorted());
  });

  it('can all be made of a service, and carried out as an activity', async () => {
    const made = createChecks(everyCheck(), () => Promise.reject(new Error('asked')));
    const ids = CHECK_IDS.map((id) => made[id]?.create().id);
    expect(ids).toEqual(CHECK_IDS);
    expect(Object.keys(verifyActivities({} as never))).toEqual(CHECK_IDS.map((id) => `verify-${id}`));
  });

  it('that need the instances say so in their row', () => {
    for (const [id, check] of Object.entries(createChecks(everyCheck(), async () => ''))) {
      const { asks }: CheckRow = CHECKS[id as keyof typeof CHECKS];
      if (check.create().needsInstances) expect(asks, id).toBe('instances');
    }
  });

  it('that a service says nothing of are on or off as their kind says', () => {
    const kinds: readonly CheckKind[] = Object.values(CHECK_KINDS);
    const text = 'services: { o: { kubernetes: { namespace: n, deployment: d }, endpoint: "http://h" } }';
    const { checks } = parseConfig(text, { file: 'runbook.yaml' }).services.o ?? expect.fail();
    expect(Object.keys(checks)).toEqual(kinds.filter(({ onByDefault }) => onByDefault).map(({ id }) => id));
  });
});

describe.each(CHECK_IDS)('the folder of %s', (id) => {
  it('opens with what the check proves, reads and writes', () => {
    const text = readFileSync(join(ROOT, 'src/checks', id, 'index.ts'), 'utf8');
    const contract = /\/\*\*[\s\S]*?\*\/\nexport const /.exec(text)?.[0] ?? '';
    expect(contract).toMatch(new RegExp(`Runbook ${CHECKS[id].runbook}\\b`));
    expect(contract).toMatch(/\n \* Reads: \S/);
    expect(contract).toMatch(/\n \* Writes: \S/);
  });

  it('has tests', () => {
    expect(existsSync(join(ROOT, 'test/checks', `${id}.test.ts`))).toBe(true);
  });
});
