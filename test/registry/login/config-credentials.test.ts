import { expect, it } from 'vitest';
import { credentialsInConfig } from '../../../src/registry/index.ts';

const { signal } = new AbortController();
const ADA = { kind: 'password', username: 'ada', password: 'correct:horse' };
const NONE = { kind: 'anonymous' };
const auth = Buffer.from('ada:correct:horse').toString('base64');
const of = (auths: unknown, more = {}) => JSON.stringify({ auths, ...more });
const HUB = 'registry-1.docker.io';

it.each<[string, string, string, object]>([
  ['its entry', of({ 'r.example:5000': { auth } }), 'r.example:5000', ADA],
  ['its entry, under an address', of({ 'https://r.example/v1/': { auth } }), 'r.example', ADA],
  [
    'name and password, each by itself',
    of({ 'r.example': { username: 'ada', password: 'correct:horse' } }),
    'r.example',
    ADA,
  ],
  ['the entry of Docker Hub', of({ 'https://index.docker.io/v1/': { auth } }), HUB, ADA],
  ['no entry of another registry', of({ 'r.example': { auth } }), 'other.example', NONE],
  [
    'no helper that it names',
    of({ 'r.example': {} }, { credsStore: 'evil', credHelpers: { 'r.example': 'evil' } }),
    'r.example',
    NONE,
  ],
  ['no name without a password', of({ 'r.example': { username: 'ada' } }), 'r.example', NONE],
  ['nothing of an empty one', '{}', 'r.example', NONE],
])('of a Docker configuration that was read elsewhere counts %s', async (_, text, registry, expected) => {
  expect(await credentialsInConfig(text).find(registry, signal)).toEqual(expected);
});

it('one that is no JSON says so, and not what it is', async () => {
  const found = await credentialsInConfig('token abc').find('r.example', signal);
  expect(found).toEqual({
    kind: 'anonymous',
    problem: 'what stands for a Docker configuration is not a JSON object',
  });
});
