import { describe, expect, it } from 'vitest';
import { sameButForService } from '../../../../src/targets/compose/project/index.ts';

const BEFORE = `x-base: &base {restart: always}
services:
  web: {image: "a:1", <<: *base}
  db: {image: "b:1", <<: *base, environment: {P: "\${P}"}}
networks: {front: {}}
`;

describe('sameButForService', () => {
  it.each([
    ['nothing', BEFORE],
    ['the service', BEFORE.replace('a:1', 'a:2')],
    ['the service, which is gone', BEFORE.replace(/ {2}web.*\n/, '')],
    ['a comment', `# new\n${BEFORE}`],
    ['quotes', BEFORE.replace('"b:1"', "'b:1'")],
  ])('is true when two states differ in %s', (_name, after) => {
    expect(sameButForService(BEFORE, after, 'web')).toBe(true);
  });

  it.each([
    ['another service', BEFORE.replace('b:1', 'b:2')],
    ['the name of a variable', BEFORE.replace(/\$\{P\}/, `\${Q}`)],
    ['a fragment', BEFORE.replace('always', 'never')],
    ['the networks', BEFORE.replace('front', 'back')],
    ['being no YAML', '{'],
    ['being empty', ''],
  ])('is false when they differ in %s', (_name, after) => {
    expect(sameButForService(BEFORE, after, 'web')).toBe(false);
  });
});
