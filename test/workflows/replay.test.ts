import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { decodePayloads, parseHistory } from '../../src/report/history-file.ts';
import { workflowBundle } from '../../src/wiring/bundle.ts';
import { PATHS } from '../histories/paths.ts';

const FOLDER = join(import.meta.dirname, '../histories');
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''));
const textOf = (name: string) => readFileSync(join(FOLDER, `${name}.json`), 'utf8');

/** What today's code says to a history; nothing when it would have done the same. */
async function replayErrorOf(name: string): Promise<Error | undefined> {
  const replay = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, [
    { workflowId: name, history: historyFromJSON(JSON.parse(textOf(name))) },
  ]);
  for await (const { error } of replay) return error;
  throw new Error('nothing was replayed');
}

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

describe('histories of earlier runs', () => {
  it('are there, one for every path', () => {
    expect(names.toSorted()).toEqual([...Object.keys(PATHS), 'poisoned'].toSorted());
  });

  it.each(names.filter((name) => name !== 'poisoned'))('%s replays on the code of today', async (name) => {
    expect(await replayErrorOf(name)).toBeUndefined();
  });

  it('a run that did something else than the code does is found out', async () => {
    const error = await replayErrorOf('poisoned');
    expect(error?.name).toBe('DeterminismViolationError');
    expect(error?.message).toContain('roll-forward');
  });
});

describe('the audit of a history', () => {
  it.each(names.filter((name) => name !== 'poisoned'))('%s tells how the run ended', (name) => {
    const { report, agrees } = auditHistory(parseHistory(textOf(name)));
    expect(report.outcome).toBe(PATHS[name]?.outcome);
    expect(agrees ?? report.outcome === 'cancelled').toBe(true);
  });

  it.each(['group-rolled-back', 'group-restored'])('%s has each member as the run itself had it', (name) => {
    const history = parseHistory(textOf(name));
    const [own] = history.events.flatMap(
      ({ workflowExecutionCompletedEventAttributes: good, workflowExecutionFailedEventAttributes: bad }) =>
        decodePayloads(good?.result ?? bad?.failure?.applicationFailureInfo?.details),
    ) as [RunReport];
    const { report } = auditHistory(history);
    expect(report.members).toHaveLength(2);
    expect(report.members).toEqual(own.members);
    expect(report.groupPlan).toEqual(own.groupPlan);
  });

  it.each(names)('%s holds no address but the cluster’s, no template and no credential', (name) => {
    const payloads = [...textOf(name).matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
      Buffer.from(data ?? '', 'base64').toString(),
    );
    expect(payloads.length).toBeGreaterThan(3);
    const text = payloads.join('\n');
    // Which cluster is meant is the one address that a history has (docs/architecture.md).
    const servers = [...text.matchAll(/"server":"([^"]+)"/g)].map(([, server]) => server ?? '');
    const texts = servers.reduce((rest, server) => rest.replaceAll(server, ''), text);
    expect(texts).not.toMatch(/https?:\/\/|eyJ[\w-]+\.|BEGIN [A-Z ]*KEY|"containers":/);
  });
});
