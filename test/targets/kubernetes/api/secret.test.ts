import { describe, expect, it } from 'vitest';
import { readSecretKey } from '../../../../src/targets/kubernetes/api/secret.ts';
import { until } from '../../../../tools/until.ts';
import { closeAfterEach, stubbedService } from '../stubbed.ts';
import { context, errorOf } from '../support.ts';

closeAfterEach();

const encoded = (value: string) => Buffer.from(value).toString('base64');

describe('readSecretKey', () => {
  it('gives the value of one key, and closes its connection', async () => {
    const { stub } = await stubbedService();
    stub.put('secrets', { metadata: { name: 'keys' }, data: { token: encoded('geheim ✓') } });
    const value = await readSecretKey(stub.profile, { name: 'keys', key: 'token' }, context.signal);
    expect(value).toBe('geheim ✓');
    await until('the end of the connection', async () => stub.open === 0, { everyMs: 5 });
  });

  it.each<[string, object | undefined, RegExp]>([
    ['the Secret is missing', undefined, /secret\/keys in namespace phoenix does not exist/],
    ['it has no data', {}, /has no key "token", or it is empty/],
    ['the key is missing', { data: { other: encoded('x') } }, /has no key "token"/],
    ['the value is empty', { data: { token: '' } }, /or it is empty/],
  ])('says when %s', async (_what, secret, expected) => {
    const { stub } = await stubbedService();
    if (secret) stub.put('secrets', { metadata: { name: 'keys' }, ...secret });
    const error = await errorOf(readSecretKey(stub.profile, { name: 'keys', key: 'token' }, context.signal));
    expect(error).toMatchObject({ type: 'SecretUnavailable' });
    expect(error.message).toMatch(expected);
  });

  it('says when it may not, without what the Secret holds', async () => {
    const { stub } = await stubbedService();
    stub.on(/^GET secrets/, ({ status }) =>
      status(403, 'secrets "keys" is forbidden: User "x" cannot get resource'),
    );
    expect(
      await errorOf(readSecretKey(stub.profile, { name: 'keys', key: 'token' }, context.signal)),
    ).toMatchObject({ type: 'AccessDenied' });
  });

  it('reads another namespace when it is told to', async () => {
    const { stub } = await stubbedService();
    const asked: string[] = [];
    stub.on(/^GET secrets/, ({ url, status }) => {
      asked.push(url.pathname);
      status(404, 'not found');
    });
    const key = { namespace: 'shared', name: 'keys', key: 'token' };
    expect((await errorOf(readSecretKey(stub.profile, key, context.signal))).message).toContain(
      'namespace shared',
    );
    expect(asked).toEqual(['/api/v1/namespaces/shared/secrets/keys']);
  });
});
