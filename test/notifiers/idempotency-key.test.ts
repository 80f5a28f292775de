import { expect, it } from 'vitest';
import { idempotencyHeader } from '../../src/notifiers/idempotency-key.ts';

it('tells messages of a run apart, however long its id is', () => {
  const id = `rollback/${'x'.repeat(900)}`;
  const keys = ['notify-slack', 'notify-slack-decision-1'].map(
    (message) => idempotencyHeader(`${id}/${message}/run`)['idempotency-key'] ?? '',
  );
  expect(new Set(keys).size).toBe(2);
  for (const key of keys) expect(key).toMatch(/^[\x21-\x7e]{1,255}$/);
});
