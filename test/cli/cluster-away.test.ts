import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { freePorts } from '../../tools/ports.ts';
import { until } from '../../tools/until.ts';
import { type Cast, openStage, recordOf, type Stage } from '../stories/stage.ts';
import { runCommand, startCommand } from './run-command.ts';

let stage: Stage;
let env: NodeJS.ProcessEnv;
let hole: Server;
const sockets = new Set<Socket>();
beforeAll(async () => {
  stage = await openStage();
  env = { TEMPORAL_ADDRESS: stage.sandbox.temporal.address, TEMPORAL_CONFIG_FILE: '/none.toml' };
  // Takes connections, and answers nothing.
  hole = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => void hole.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  hole?.close();
  await stage?.close();
});

/** A worker whose cluster is at this port. */
const castAt = (name: string, port: number): Promise<Cast> =>
  stage.cast(name, {
    taskQueue: TASK_QUEUE,
    kubeconfig: async (file) => {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replaceAll(/127\.0\.0\.1:\d+/g, `127.0.0.1:${port}`));
    },
  });

describe('U1 a cluster that does not answer', () => {
  it('is what plan waits for within two seconds, with the last error; status says it, and a cancelled run keeps it', async () => {
    const [port = 0] = await freePorts(1);
    await using _cast = await disposed(castAt('refused', port));
    const plan = startCommand(['plan', 'orchestrator', '--workflow-id', 'plan/refused'], env);
    const handle = stage.client.workflow.getHandle('plan/refused');
    await until('the run', async () => handle.describe().catch(() => undefined));
    const since = Date.now();
    await until('the reason', async () => /again after: .*ECONNREFUSED/.test(plan.said()));
    expect(Date.now() - since).toBeLessThan(10_000);

    // The second one that fails is told to the run.
    await until('some attempts', async () =>
      ((await handle.describe()).raw.pendingActivities ?? []).some(({ attempt }) => (attempt ?? 0) > 2),
    );
    const { stdout, code } = await runCommand(['status', 'plan/refused'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ … check access +attempt \d+, again after: .*ECONNREFUSED/);
    expect(stdout).toMatch(/\nrunning for [\d.]+ s: .*check access \(attempt \d+\)/);

    await handle.cancel();
    const ended = await plan.ended;
    expect(ended.code).toBe(7);
    expect(ended.stdout).toMatch(/ ✗ check access +cancelled; attempt \d+ had failed: .*ECONNREFUSED/);
    const report = await handle.query<RunReport>('report');
    expect(report.ledger.find(({ step }) => step === 'check-access')?.attempts).toBeGreaterThan(1);
    const audit = await runCommand(['audit', 'plan/refused'], env);
    expect(audit.stdout).toMatch(
      /\| check access \| cancelled \| cancelled; attempt \d+ had failed: .*ECONNREFUSED/,
    );
    expect(audit.stdout).not.toContain('differs');
  });

  it('that takes connections and says nothing is said to have given no answer yet', async () => {
    await using _cast = await disposed(castAt('silent', (hole.address() as AddressInfo).port));
    const rollback = startCommand(['rollback', '--workflow-id', 'rollback/silent'], env);
    const handle = stage.client.workflow.getHandle('rollback/silent');
    await until('the run', async () => handle.describe().catch(() => undefined));
    const since = Date.now();
    await until('a word', async () => /check access: no answer yet/.test(rollback.said()));
    expect(Date.now() - since).toBeLessThan(10_000);
    await handle.cancel();
    expect((await rollback.ended).code).toBe(7);
    const report = await handle.query<RunReport>('report');
    expect((await recordOf(report)).markdown).toContain('| check access | cancelled |');
  });
});

async function disposed(made: Promise<Cast>): Promise<Cast & AsyncDisposable> {
  const cast = await made;
  return { ...cast, [Symbol.asyncDispose]: () => cast.close() };
}
