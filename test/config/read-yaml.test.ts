import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';

function refusalOf(text: string): string {
  try {
    parseConfig(text, { file: 'runbook.yaml' });
  } catch (error) {
    expect(error).toMatchObject({ name: 'RunbookError', type: 'InvalidConfig' });
    return (error as Error).message;
  }
  return expect.fail('accepted');
}

describe('a text that is hard to read is refused at its place', () => {
  it.each([
    [
      'a list that holds itself',
      'a: &a [1, *a]',
      'runbook.yaml:1:11 a[1]: an alias to something that it stands in itself',
    ],
    [
      'a mapping that holds itself',
      'services: &a {x: *a}',
      'runbook.yaml:1:18 services.x: an alias to something that it stands in itself',
    ],
    ['a list as a key', '? [a, b]\n: 1', 'runbook.yaml:1:3 a key must be a text'],
    ['a mapping as a key', 'services:\n  ? {a: 1}\n  : 1', 'runbook.yaml:2:5 a key must be a text'],
    ['an alias as a key', 'a: &a x\n*a : 1', 'runbook.yaml:2:1 a key must be a text'],
    ['the same key twice', 'services: {}\nservices: {}', 'runbook.yaml:2:1 the same key twice'],
    ['the same key twice, as a number and as a text', '1: a\n"1": b', 'runbook.yaml:2:1 the same key twice'],
    [
      'more text than any configuration has',
      '#'.repeat(128 * 1024 + 1),
      'runbook.yaml:1:1 the text is longer than 128 KiB',
    ],
    [
      'keys of keys of keys',
      ': '.repeat(3000),
      expect.stringMatching(/^runbook\.yaml:1:\d+ (nested too deeply|not YAML)/),
    ],
  ])('%s', (_title, text, refusal) => {
    expect(refusalOf(text)).toEqual(refusal);
  });

  it('says nothing of a key that is a list on the log of the process', () => {
    const said: string[] = [];
    const listen = (warning: Error) => said.push(warning.message);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    refusalOf('services:\n  ? [password, hunter2hunter2]\n  : 1');
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => expect(said).toEqual([]));
  });

  it('in a moment, however many faults there are', () => {
    const keys = Array.from({ length: 12_000 }, (_, index) => `k${index}: 1`).join('\n');
    const before = process.threadCpuUsage();
    const lines = refusalOf(keys).split('\n');
    // It took minutes when every fault was looked for in the text, and every key compared with every other.
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(2000);
    expect(lines).toHaveLength(31);
    expect(lines.at(-1)).toBe('… and 11971 more');
  });
});

it('a merge key may stand in a mapping more than once', () => {
  const rest = 'endpoint: http://a, kubernetes: { namespace: a, deployment: b }';
  const text = `services:\n  a: &a { ${rest} }\n  b:\n    <<: *a\n    <<: { environment: staging }\n`;
  expect(parseConfig(text, { file: 'runbook.yaml' }).services.b).toMatchObject({ environment: 'staging' });
});

it('a name in a fault is shown without bidirectional and broken characters', () => {
  const refusal = refusalOf('services: {}\n"a\\u202eb\\ud800c": 1');
  expect(refusal).toContain('runbook.yaml:2:1 a b\ufffdc: unknown key');
});
