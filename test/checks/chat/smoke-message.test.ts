import { describe, expect, it } from 'vitest';
import { DRIVES_GIT, smokeMessage } from '../../../src/checks/chat/smoke-message.ts';

const V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the smoke message', () => {
  it('carries a nonce and a lower-case version 4 UUID', () => {
    const { message, correlationId } = smokeMessage('rollback smoke test', 'run/verify-chat', 1);
    expect(message).toMatch(/^rollback smoke test [0-9a-f]{12}$/);
    expect(correlationId).toMatch(V4);
  });

  it('is the same for the same probe, and another for another probe or run', () => {
    const first = smokeMessage('x', 'run', 1);
    expect(smokeMessage('x', 'run', 1)).toEqual(first);
    const others = [smokeMessage('x', 'run', 2), smokeMessage('x', 'other', 1)];
    for (const other of others) {
      expect(other.message).not.toBe(first.message);
      expect(other.correlationId).not.toBe(first.correlationId);
    }
  });

  it('never drives git_agent, whatever the nonce', () => {
    for (let number = 0; number < 2000; number += 1) {
      expect(smokeMessage('rollback smoke test', 'run', number).message).not.toMatch(DRIVES_GIT);
    }
  });
});
