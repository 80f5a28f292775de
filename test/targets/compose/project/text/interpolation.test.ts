import { describe, expect, it } from 'vitest';
import { readWeb } from '../read-project.ts';

/** SET=value, EMPTY= and nothing else is set. */
const ENV = 'SET=value\nEMPTY=\n';

/** What Compose makes of a text; checked against Compose 2.40. */
describe('interpolation', () => {
  it.each([
    ['$SET', 'value'],
    [`a-\${SET}-b`, 'a-value-b'],
    ['$SET$SET', 'valuevalue'],
    [`\${UNSET}`, ''],
    [`\${UNSET:-default}`, 'default'],
    [`\${EMPTY:-default}`, 'default'],
    [`\${SET:-default}`, 'value'],
    [`\${UNSET-default}`, 'default'],
    [`\${EMPTY-default}`, ''],
    [`\${SET:?error}`, 'value'],
    [`\${EMPTY?error}`, ''],
    [`\${SET:+other}`, 'other'],
    [`\${EMPTY:+other}`, ''],
    [`\${EMPTY+other}`, 'other'],
    [`\${UNSET+other}`, ''],
    [`\${UNSET:-\${ALSO:-deep}}`, 'deep'],
    [`\${UNSET:-\${SET}-\${ALSO-x}}!`, 'value-x!'],
    [`\${UNSET:-}`, ''],
    [`\${UNSET:-a:-b}`, 'a:-b'],
    ['$$SET', '$SET'],
    [`$$\${SET}`, '$value'],
    ['$', '$'],
    ['5$ and $1', '5$ and $1'],
    ['$set', ''],
  ])('of %s is "%s"', async (text, expected) => {
    const service = await readWeb({
      'docker-compose.yml': `services:\n  web:\n    image: a:1\n    hostname: '${text}'\n`,
      '.env': ENV,
    });
    expect(service.definition).toEqual({ hostname: expected });
  });
});

/** What Compose reads from `.env`; checked against Compose 2.40. */
describe('an env file', () => {
  it.each([
    ['A=1', '1'],
    ['A=', ''],
    ['A', 'none'],
    ['# A=1', 'none'],
    ['A=1 # comment', '1'],
    ['A=1#no comment', '1#no comment'],
    ['A="1 # in quotes" # comment', '1 # in quotes'],
    ["A='it\\'s'", "it's"],
    ["A='$B'", '$B'],
    ['B=2\nA=$B', '2'],
    ['B=2\nA="x$B"', 'x2'],
    ['A="x\\$B"', 'x$B'],
    ['A="two\nlines"', 'two\nlines'],
    ['A="tab\\there"', 'tab\there'],
    ['A="quote\\"d"', 'quote"d'],
    ['  export   A = 1  ', '1'],
    ['A: 1', '1'],
    ['A=1\r\nB=2\r\n', '1'],
    ['\uFEFFA=1', '1'],
    ['A=1\nA=2', '2'],
    [`A=\${B:-3}`, '3'],
  ])('with %j gives "%s"', async (text, expected) => {
    const service = await readWeb({
      'docker-compose.yml': `services:\n  web:\n    image: a:1\n    hostname: "\${A-none}"\n`,
      '.env': text,
    });
    expect(service.definition).toEqual({ hostname: expected });
  });

  it('is read without delay when it is large', async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `NAME_${index}=value`);
    const started = performance.now();
    await readWeb({ 'docker-compose.yml': 'services:\n  web: {image: "a:1"}\n', '.env': lines.join('\n') });
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
