import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox, type Sandbox } from '../../sandbox/index.ts';
import { isErrorType } from '../../src/domain/errors.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { workerFor } from '../stories/stage-runs.ts';
import { openStageOn, type TemporalClients } from '../stories/stage-temporal.ts';
import { seed } from './every-input.ts';
import { jsonPayload, payloadsOf, type RawPayload, strangePayload } from './inputs.ts';
import { requestsFor } from './requests.ts';
import { countRow, EVERYTHING } from './rows.ts';
import { type End, type RawStart, runToEnd } from './start-raw.ts';
import { TWO_SERVICES } from './two-services.ts';

const QUEUE = 'generated';
const RUNS = EVERYTHING ? 1200 : 150;
const AT_ONCE = 24;
const WITHIN_MS = 30_000;

type Stage = TemporalClients & { cast(name: string): Promise<unknown>; close(): Promise<void> };

let stage: Stage;
beforeAll(async () => {
  const open = () =>
    openSandbox({ temporal: true }) as Promise<Sandbox & { readonly temporal: TemporalServer }>;
  stage = await openStageOn(open, async ({ sandbox, native }) => {
    const config = join(sandbox.folder, 'runbook.yaml');
    await writeFile(config, TWO_SERVICES);
    const worker = await workerFor(native, config, QUEUE);
    return { close: () => worker.stop() };
  });
  await stage.cast(QUEUE);
});
afterAll(() => stage?.close());

/** At the edge of what the server takes, and of what can be written again once it is read. */
const EDGES: readonly (readonly RawPayload[])[] = [
  [jsonPayload(`{"reason":"${'x'.repeat(2 * 1024 * 1024 - 80)}"}`)],
  [jsonPayload(JSON.stringify({ symptoms: Array.from({ length: 100_000 }, () => 'no answer') }))],
  ...[33, 3000, 9000, 200_000].map((depth) => [jsonPayload(`${'['.repeat(depth)}${']'.repeat(depth)}`)]),
  Array.from({ length: 200 }, () => jsonPayload('{}')),
];

/** What is wrong with the end of a run; nothing when it closed as documented. */
function problemOf({ closedBy, type, message, brokenTasks }: End): string | undefined {
  if (brokenTasks.length > 0) return `a workflow task failed: ${brokenTasks[0]}`;
  if (closedBy === 'workflowExecutionCompletedEventAttributes') return undefined;
  if (closedBy !== 'workflowExecutionFailedEventAttributes') return `closed by ${closedBy}: ${message}`;
  return isErrorType(type) ? undefined : `failed with ${type}: ${message}`;
}

/** Runs all starts, some at a time. */
async function allEnds(starts: readonly RawStart[]): Promise<readonly End[]> {
  const ends: End[] = [];
  const waiting = [...starts.entries()];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        ends[next[0]] = await runToEnd(stage.client, QUEUE, next[1], WITHIN_MS);
      }
    }),
  );
  return ends;
}

function shown({ workflowType, input }: RawStart): string {
  const payloads = (input ?? []).map(({ metadata, data }: RawPayload) => {
    const [encoding, text] = [metadata?.encoding, data].map((part) =>
      Buffer.from(part ?? []).toString('latin1'),
    );
    return `${encoding} ${text?.slice(0, 100)}`;
  });
  return `${workflowType} of ${JSON.stringify(payloads)}`;
}

describe('whatever a run is started with', () => {
  it.each(['rollback', 'verify'] as const)(
    '%s closes within seconds, and no workflow task fails',
    async (workflowType) => {
      const edges = EDGES.map((input): RawStart => ({ workflowType, input }));
      const generated = fc.sample(
        fc.record({
          workflowType: fc.constant(workflowType),
          input: payloadsOf(requestsFor(workflowType)),
          memo: fc.option(strangePayload, { nil: undefined, freq: 5 }),
        }),
        { numRuns: RUNS, seed: seed() },
      );
      const starts = [...edges, ...generated];
      const ends = await allEnds(starts);
      const wrong = ends.flatMap((end, index) => {
        const problem = problemOf(end);
        return problem === undefined ? [] : [`${shown(starts[index] as RawStart)}: ${problem}`];
      });
      await countRow({
        family: 'generated input',
        fault: `start of ${workflowType} on the real server: any payload in any encoding, one, several or none`,
        target: 'both',
        ends: 'closed with a result or an error of the catalogue, no workflow task failed',
        runs: starts.length,
        right: starts.length - wrong.length,
      });
      expect(wrong).toEqual([]);
      // Neither all refused nor all taken.
      const refused = ends.filter(({ type }) => type === 'InvalidRequest').length;
      expect(refused).toBeGreaterThan(RUNS / 4);
      expect(refused).toBeLessThan(RUNS * 0.95);
    },
    300_000,
  );
});
