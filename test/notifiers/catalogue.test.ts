import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { NOTIFIER_IDS } from '../../src/notifiers/catalogue.ts';

const FOLDER = join(import.meta.dirname, '../../src/notifiers');

function notifiersOf(notify: string) {
  const text = `services: { o: { kubernetes: { namespace: n, deployment: d }, endpoint: "http://h", notify: ${notify} } }`;
  return parseConfig(text, { file: '/etc/runbook/runbook.yaml' }).services.o?.notify;
}

it('has a kind for each folder that has settings', () => {
  const folders = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, 'settings.ts')));
  expect(folders.toSorted()).toEqual(NOTIFIER_IDS.toSorted());
});

it.each(NOTIFIER_IDS)('%s is a receiver by its key, called after it, numbered from the second on', (id) => {
  const entry = `{ ${id}: { url: { file: hook }, timeout: 2s } }`;
  const expected = { kind: id, url: { file: '/etc/runbook/hook' }, timeoutMs: 2000 };
  expect(notifiersOf(`[${entry}, ${entry}]`)).toEqual([
    { ...expected, name: id },
    { ...expected, name: `${id}-2` },
  ]);
});

it('takes one kind an entry, and says which there are', () => {
  const known = NOTIFIER_IDS.map((id) => `${id}: { url: { env: HOOK } }`).join(', ');
  expect(() => notifiersOf(`[{ ${known} }]`)).toThrow(`expected exactly one of ${NOTIFIER_IDS.join(', ')}`);
  expect(() => notifiersOf('[{ pigeon: {} }]')).toThrow(
    `expected ${NOTIFIER_IDS.map((id) => `{ ${id}: … }`).join(' or ')}`,
  );
});
