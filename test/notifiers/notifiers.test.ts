import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NotifierId, NotifierSettings } from '../../src/notifiers/catalogue.ts';
import { createNotifiers } from '../../src/notifiers/create-notifiers.ts';
import { createSecretResolver, type SecretResolver } from '../../src/secrets/index.ts';
import { notification, receiver } from './surroundings.ts';

const { signal } = new AbortController();
const url = { env: 'HOOK' };
/** One of every kind. */
const receivers = {
  slack: { kind: 'slack', name: 'slack', url, timeoutMs: 5000 },
  webhook: { kind: 'webhook', name: 'webhook', url, timeoutMs: 5000 },
} as const satisfies { readonly [N in NotifierId]: NotifierSettings & { readonly kind: N } };
const { slack, webhook } = receivers;

async function send(settings: NotifierSettings, secrets: SecretResolver, changes = {}) {
  const [notifier] = createNotifiers([settings], secrets);
  await notifier?.send(notification(changes), signal);
}
const refusal = (work: Promise<void>) =>
  work.then(
    () => expect.fail('it was sent'),
    (error: Error) => error,
  );

describe('the receivers of a profile', () => {
  it('have the names of the profile, and read no secret before a message is sent', () => {
    const secrets = { resolve: () => Promise.reject(new Error('read')) };
    expect(createNotifiers([slack, { ...webhook, name: 'pager' }], secrets).map(({ name }) => name)).toEqual([
      'slack',
      'pager',
    ]);
  });

  it('get a Slack message with text and blocks', async () => {
    const { secrets, received, path } = await receiver({ status: 200, body: 'ok' });
    await send(slack, secrets);
    const { headers, body, path: asked } = received[0] ?? expect.fail();
    expect(asked).toBe(path);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['idempotency-key']).toBe('rollback-orchestrator/notify-1/run-1');
    expect(JSON.parse(body)).toMatchObject({
      text: expect.stringContaining('rolled back'),
      blocks: expect.any(Array),
    });
  });

  it('get the notification as JSON with its version and key', async () => {
    const { secrets, received } = await receiver({ status: 204 });
    await send(webhook, secrets);
    const { headers, body } = received[0] ?? expect.fail();
    expect(JSON.parse(body)).toEqual({ schemaVersion: 1, ...notification() });
    expect(headers['idempotency-key']).toBe('rollback-orchestrator/notify-1/run-1');
    expect(headers).not.toHaveProperty('x-runbook-signature');
  });

  it('can check the signature of a webhook over the bytes of its body', async () => {
    const { secrets, received } = await receiver({ status: 200 });
    await send({ ...webhook, signingSecret: { env: 'KEY' } }, secrets, { headline: 'ü & <b>' });
    const { headers, body } = received[0] ?? expect.fail();
    const expected = createHmac('sha256', 'signing key').update(body).digest('hex');
    expect(headers['x-runbook-signature']).toBe(`sha256=${expected}`);
  });

  it('get a key that a header can carry, whatever the workflow is called', async () => {
    const { secrets, received } = await receiver({ status: 200 });
    await send(webhook, secrets, { idempotencyKey: 'rück\r\nschritt 1/x' });
    expect(received[0]?.headers['idempotency-key']).toBe('r%C3%BCck%0D%0Aschritt%201/x');
  });
});

describe.each<NotifierSettings>(Object.values(receivers))('a message to $kind', (settings) => {
  it.each([
    [429, { 'retry-after': '7' }, true, 7000],
    [503, {}, true, undefined],
    [500, {}, true, undefined],
    [408, {}, true, undefined],
    [400, {}, false, undefined],
    [403, {}, false, undefined],
    [404, { 'retry-after': '7' }, false, undefined],
    [410, {}, false, undefined],
    [302, { location: 'https://elsewhere.example' }, false, undefined],
  ])(
    'answered with %i %j can be tried again: %s, after %s ms',
    async (status, headers, retryable, retryAfterMs) => {
      const { secrets, received, path } = await receiver({ status, headers, body: 'no_service' });
      const error = await refusal(send(settings, secrets));
      expect(error).toMatchObject({
        type: 'NotificationFailed',
        retryable,
        message: `${settings.name}: HTTP ${status} no_service`,
      });
      expect((error as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs);
      expect(String(error.stack)).not.toContain(path);
      expect(received).toHaveLength(1);
    },
  );

  it('does not repeat what a receiver echoes', async () => {
    const { secrets } = await receiver({
      status: 400,
      body: 'invalid request to /services/T000/B000/hush-hush',
    });
    expect((await refusal(send(settings, secrets))).message).toBe(`${settings.name}: HTTP 400`);
  });

  it('gives up a receiver that does not answer', async () => {
    const { secrets } = await receiver('nothing');
    const error = await refusal(send({ ...settings, timeoutMs: 100 }, secrets));
    expect(error).toMatchObject({ retryable: true, message: `${settings.name}: no answer within 100 ms` });
  });

  it('says what is wrong with its address, without the address', async () => {
    for (const value of ['not an address', 'ftp://hush-hush.example']) {
      const error = await refusal(send(settings, createSecretResolver({ env: { HOOK: value } })));
      expect(error).toMatchObject({
        type: 'SecretUnavailable',
        message: 'the environment variable HOOK holds no http or https address',
      });
    }
    const error = await refusal(
      send(settings, createSecretResolver({ env: { HOOK: 'http://127.0.0.1:1/hush-hush' } })),
    );
    expect(error).toMatchObject({ retryable: true, message: `${settings.name}: connection refused` });
  });

  it('stops when it is cancelled', async () => {
    const { secrets } = await receiver('nothing');
    const stop = new AbortController();
    const [notifier] = createNotifiers([settings], secrets);
    const sending = notifier?.send(notification(), stop.signal);
    stop.abort(new Error('cancelled'));
    await expect(sending).rejects.toThrow('cancelled');
  });
});
