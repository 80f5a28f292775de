import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeSettings } from '../../../src/settings/judge.ts';
import { criticalSchema } from '../../../src/settings/rules/schema.ts';
import { environmentOf } from '../environment.ts';
import { configFile } from '../files.ts';
import { GOOD_CONFIG } from './orchestrator.ts';

const contract = readFileSync(join(import.meta.dirname, '../../../docs/service-contract.md'), 'utf8');
/** The profiles that are shipped, as docs/service-contract.md has them. */
const shipped = [
  ...contract.matchAll(
    /^\| ([\w, -]+) \| (default|LLM) \| (\d+) \| (\d+) \| (\d+) to (\d+) \| (\d+) \| (\d+) \|$/gm,
  ),
].map(([, profile = '', agent = '', ...values]) => ({ profile, agent, values: values.map(Number) }));

const agents = ([timeout, attempts, first, most, threshold, cooldown]: readonly number[]) => `
timeout_secs = ${timeout}
retry = { max_attempts = ${attempts}, initial_backoff_ms = ${first}, max_backoff_ms = ${most} }
circuit_breaker = { failure_threshold = ${threshold}, cooldown_ms = ${cooldown} }
`;

const findingsOf = (values: readonly number[]) => {
  const text = `${GOOD_CONFIG.slice(0, GOOD_CONFIG.indexOf('[agents.default]'))}[agents.default]${agents(values)}`;
  const environment = environmentOf({ OPENROUTER_API_KEY: null });
  return judgeSettings([configFile('config.toml', text)], environment, criticalSchema.parse({})).map(
    ({ path }) => path,
  );
};

describe('the bounds of [agents.*]', () => {
  it.each(shipped)('hold for $profile, $agent', ({ values }) => {
    expect(findingsOf(values)).toEqual([]);
  });

  it('were compared with all six that are shipped', () => {
    expect(shipped).toHaveLength(6);
  });

  it.each([
    [0, 'timeout_secs', [4, 61]],
    [1, 'retry.max_attempts', [0, 11]],
    [2, 'retry.initial_backoff_ms', [9, 30_001]],
    [3, 'retry.max_backoff_ms', [9, 60_001]],
    [4, 'circuit_breaker.failure_threshold', [0, 21]],
    [5, 'circuit_breaker.cooldown_ms', [999, 600_001]],
  ] as const)('are those of the document (%d: %s)', (index, path, outside) => {
    for (const value of outside) {
      const values = [20, 2, 1000, 8000, 3, 60_000].with(index, value);
      expect(findingsOf(values)).toEqual([`agents.default.${path}`]);
    }
    const [least, most] = [outside[0] + 1, outside[1] - 1];
    const fitting =
      index === 2 ? [10, 1, least, 60_000, 3, 60_000] : [10, 1, 10, 60_000, 3, 60_000].with(index, least);
    expect(findingsOf(fitting)).toEqual([]);
    expect(findingsOf([10, 1, 10, 60_000, 3, 60_000].with(index, most))).toEqual([]);
  });
});
