import { expect, it } from 'vitest';
import { canary, everythingIn, findings } from './canary-search.ts';

const one = canary('a place');
const half = one.value.slice(0, one.value.length / 2 - 1);
const found = (text: string) => findings([one], [{ where: 'there', text }]).length;

it.each([
  ['as it is', one.value],
  ['cut', half],
  ['in an address', encodeURIComponent(one.value)],
  ['in JSON', JSON.stringify({ said: one.value })],
  ...[0, 1, 2].map((shift) => [
    `as base64 behind ${shift} bytes`,
    Buffer.from(`${'?'.repeat(shift)}${one.value}!`).toString('base64'),
  ]),
  ['as hexadecimal digits', Buffer.from(`say ${one.value}`).toString('hex').toUpperCase()],
  [
    'as a payload',
    everythingIn({ input: { payloads: [{ data: Buffer.from(JSON.stringify([one.value])) }] } }),
  ],
  ['as a field name', everythingIn({ [one.value]: 1 })],
])('a canary is found %s', (_title, text) => {
  expect(found(`before ${text} after`)).toBe(1);
});

it('no other canary is taken for it', () => {
  expect(found(`${canary('another').value} ${Buffer.from(canary('third').value).toString('base64')}`)).toBe(
    0,
  );
});
