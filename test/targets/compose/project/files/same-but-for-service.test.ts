import { describe, expect, it } from 'vitest';
import { sameButForService } from '../../../../../src/targets/compose/project/index.ts';

const BEFORE = `x-base: &base {restart: always}
services:
  web: {image: "a:1", <<: *base}
  db: {image: "b:1", <<: *base, environment: {P: "\${P}"}}
networks: {front: {}}
`;

const WITH_CONFIGS = `services:
  web: {image: "a:1", configs: [own, {source: both, target: /both}], secrets: [s]}
  db: {image: "b:1", configs: [both]}
configs: {own: {content: one}, both: {content: one}, none: {content: one}}
secrets: {s: {environment: S}}
`;

describe('sameButForService', () => {
  it.each([
    ['nothing', BEFORE],
    ['the service', BEFORE.replace('a:1', 'a:2')],
    ['the service, which is gone', BEFORE.replace(/ {2}web.*\n/, '')],
    ['a comment', `# new\n${BEFORE}`],
    ['quotes', BEFORE.replace('"b:1"', "'b:1'")],
  ])('is true when two states differ in %s', (_name, after) => {
    expect(sameButForService(BEFORE, after, ['web'])).toBe(true);
  });

  it.each([
    ['a config of its own', WITH_CONFIGS.replace('own: {content: one}', 'own: {content: two}'), true],
    ['a secret of its own', WITH_CONFIGS.replace('environment: S', 'environment: T'), true],
    [
      'a config that it has no more',
      WITH_CONFIGS.replace('[own, ', '[').replace('own: {content: one}, ', ''),
      true,
    ],
    [
      'a config that another uses too',
      WITH_CONFIGS.replace('both: {content: one}', 'both: {content: two}'),
      false,
    ],
    [
      'a config that another uses by now',
      WITH_CONFIGS.replace('[both]', '[both, own]').replace('own: {content: one}', 'own: {content: two}'),
      false,
    ],
    [
      'a config that nobody uses',
      WITH_CONFIGS.replace('none: {content: one}', 'none: {content: two}'),
      false,
    ],
  ])('knows whether others are concerned when two states differ in %s', (_name, after, same) => {
    expect(sameButForService(WITH_CONFIGS, after, ['web'])).toBe(same);
  });

  it.each([
    ['another service', BEFORE.replace('b:1', 'b:2')],
    ['the name of a variable', BEFORE.replace(/\$\{P\}/, `\${Q}`)],
    ['a fragment', BEFORE.replace('always', 'never')],
    ['the networks', BEFORE.replace('front', 'back')],
    ['being no YAML', '{'],
    ['being empty', ''],
  ])('is false when they differ in %s', (_name, after) => {
    expect(sameButForService(BEFORE, after, ['web'])).toBe(false);
  });
});
