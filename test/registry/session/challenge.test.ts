import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../../../src/registry/session/challenge.ts';

const bearer = (parameters: Record<string, string>) => ({ scheme: 'bearer', parameters });
const basic = (parameters: Record<string, string> = {}) => ({ scheme: 'basic', parameters });

describe('a WWW-Authenticate header', () => {
  it.each([
    [
      'Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull"',
      [bearer({ realm: 'https://auth.example/token', service: 'r.example', scope: 'repository:a/b:pull' })],
    ],
    [
      'Bearer realm="x",scope="repository:a:pull,push"',
      [bearer({ realm: 'x', scope: 'repository:a:pull,push' })],
    ],
    ['bearer REALM="x" , Service = "y"', [bearer({ realm: 'x', service: 'y' })]],
    [
      'Bearer realm=https://auth.example/token,service=r',
      [bearer({ realm: 'https://auth.example/token', service: 'r' })],
    ],
    ['Basic realm="a \\"quoted\\" name, with comma"', [basic({ realm: 'a "quoted" name, with comma' })]],
    ['Basic', [basic()]],
    ['Basic realm=""', [basic({ realm: '' })]],
    ['Bearer realm="x", Basic realm="y"', [bearer({ realm: 'x' }), basic({ realm: 'y' })]],
    ['Basic, Bearer realm="x",scope="s"', [basic(), bearer({ realm: 'x', scope: 's' })]],
    ['Negotiate YWJj==, Bearer realm="x"', [{ scheme: 'negotiate', parameters: {} }, bearer({ realm: 'x' })]],
    ['Bearer realm="x",realm="evil"', [bearer({ realm: 'x' })]],
    ['Bearer realm="x",,error="invalid_token"', [bearer({ realm: 'x', error: 'invalid_token' })]],
    ['Bearer __proto__="x"', [bearer(JSON.parse('{"__proto__":"x"}'))]],
    ['Bearer realm="never closed, Basic', [bearer({})]],
    ['realm="of nothing"', []],
    ['"', []],
    ['', []],
  ])('%s', (header, challenges) => {
    expect(
      parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
    ).toEqual(challenges);
  });

  it('of any form is read in no time', () => {
    const begun = performance.now();
    for (const part of ['"', '\\', '"\\', 'a=', 'a ', ',"', 'a="\\"']) parseChallenges(part.repeat(8000));
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
