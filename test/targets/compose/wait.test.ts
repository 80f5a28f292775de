import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { NAME, playing, quiet, quietWith, RUNS, runs } from './texts.ts';
import { startWorker } from './worker.ts';
import { context, errorOf, HAS_OWN_ENGINE, openWorld, problem, type Service, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const rollout = { deadlineMs: 20_000, crashLoopRestarts: 3, stableForMs: 0 };

const LIMIT_MS = 120_000;

/** @throws the error, unless it says that the engine did not answer. */
function asUnreachable(error: unknown): undefined {
  expect(error).toMatchObject({ type: 'Unreachable' });
}

describe.skipIf(problem)(titled('the wait for a start'), () => {
  const { host, service } = openWorld();

  /** Healthy a given time after its start. */
  const healthyAfter = (ms: number) => (image: string) =>
    `services:
  ${NAME}:
    image: ${image}
    network_mode: host
    ${runs(
      `require('fs').writeFileSync('/started', String(Date.now()));
      process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6)`.replaceAll('\n', ' '),
    )}
    healthcheck:
      test: ${JSON.stringify(['CMD', 'node', '-e', `process.exit(Date.now() - require('fs').readFileSync('/started') > ${ms} ? 0 : 1)`])}
      interval: 200ms
      retries: 1000
`;

  const HEALTHY_WHEN_TOLD = (image: string) =>
    `${quiet(image, '')}    healthcheck:
      test: ${JSON.stringify(['CMD', 'node', '-e', "process.exit(require('fs').existsSync('/healthy') ? 0 : 1)"])}
      interval: 200ms
      timeout: 3s
      retries: 1000
`;

  async function rolledBack(one: Service) {
    return one.target.rollBack(await one.pin(), context);
  }

  /** Processes that listen to the engine for this project. */
  async function listeners({ project }: Service): Promise<readonly string[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const commands = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return commands.filter((line) => line.includes('\0events\0') && line.includes(`project=${project}`));
  }

  test('is woken by the engine, not by the clock', async () => {
    const one = await service(both, { text: healthyAfter(1_500), profile: { rollout } });
    const started = await rolledBack(one);
    const messages: string[] = [];
    const done = await one.target.waitForRollout(started, context, ({ message }) => messages.push(message));
    const [container] = await one.containers();
    const state = await host().docker(
      'inspect',
      '--format',
      '{{json .State.Health.Log}}',
      container?.id ?? '',
    );
    const good = (JSON.parse(state) as { ExitCode: number; End: string }[]).find(
      ({ ExitCode }) => ExitCode === 0,
    );
    const healthyAt = Date.parse(good?.End ?? '');
    // It probes by itself every five seconds.
    expect(Date.parse(done.completeAt) - healthyAt).toBeLessThan(2_500);
    expect(messages[0]).toMatch(/^0 of 1 containers are up, \S+ is running, health starting$/);
    expect(await listeners(one)).toEqual([]);
  });

  test('goes on without events, by probing', async () => {
    const one = await service(both, { text: healthyAfter(1_500), profile: { rollout } });
    const started = await rolledBack(one);
    const { env, once } = await one.intercept();
    await once({ before: 'events *' }, 'exit 1');
    expect(await one.wait(started, one.another({}, env))).toMatchObject({ replicas: 1 });
  });

  test.skipIf(!HAS_OWN_ENGINE)(
    'goes on when the engine is killed and comes back, whether or not it goes on with healthchecks',
    async () => {
      const profile = { rollout: { ...rollout, deadlineMs: 100_000 } };
      const one = await service(both, { text: HEALTHY_WHEN_TOLD, profile });
      const started = await rolledBack(one);
      const told: RolloutProgress[] = [];
      const wait = (resume?: RolloutProgress) =>
        one.target.waitForRollout(started, context, (progress) => told.push(progress), resume);
      const first = wait().catch(asUnreachable);
      await until('the wait to have begun', async () => told.length > 0);
      await host().engine?.restart();
      const backAt = Date.now();
      const [container] = await one.containers();
      const inspect = async (what: string) =>
        JSON.parse(
          await host().docker('inspect', '--format', `{{json .State.Health.${what}}}`, container!.id),
        );
      // Whoever asked while there was no engine is asked again, as a step is.
      const done = first.then((finished) => finished ?? wait(told.at(-1)));
      const saysSilent = () =>
        told.some(({ message }) => /stopped running its healthcheck, which fails$/.test(message));
      await until('the healthcheck to be run', async () => {
        const runs: { End: string }[] = await inspect('Log');
        return saysSilent() || runs.some(({ End }) => Date.parse(End) > backAt);
      });
      await host().docker('exec', container!.id, 'node', '-e', "require('fs').writeFileSync('/healthy', '')");
      const { replicas, instances, warnings = [] } = await done;
      expect({ replicas, instances }).toMatchObject({
        replicas: 1,
        instances: [{ uid: container!.id, restarts: 0 }],
      });
      // Only an engine that has stopped running the healthcheck is spoken of.
      expect(await inspect('Status')).toBe(saysSilent() ? 'starting' : 'healthy');
      expect(warnings).toHaveLength(saysSilent() ? 1 : 0);
    },
    LIMIT_MS,
  );

  test('lasts for the time that the container has to be up without a break', async () => {
    const stableForMs = 1_000;
    const one = await service(both, { profile: { rollout: { ...rollout, stableForMs } } });
    const started = await rolledBack(one);
    const since = Date.now();
    const { completeAt, instances } = await one.wait(started);
    expect(Date.now() - since).toBeGreaterThanOrEqual(stableForMs);
    expect(Date.parse(completeAt) - since).toBeGreaterThanOrEqual(stableForMs - 50);
    expect(instances).toMatchObject([{ address: '127.0.0.1', restarts: 0 }]);
  });

  test('begins anew when the container starts anew, as long as it is no crash loop', async () => {
    const stableForMs = 2_000;
    // Ends a second after its first start.
    const first = "require('fs').mkdirSync('/started'); setTimeout(() => process.exit(1), 1000)";
    const text = playing(
      `if (require('fs').existsSync('/started')) { ${RUNS} } else { ${first} }`,
      '    restart: always\n',
    );
    const behaviours = { 'v0.1.0': 'crash-later' } as const;
    const one = await service(both, { text, behaviours, profile: { rollout: { ...rollout, stableForMs } } });
    const { completeAt, instances } = await one.wait(await rolledBack(one));
    expect(instances).toMatchObject([{ restarts: 1 }]);
    const up = Date.parse(completeAt) - Date.parse(instances[0]?.startedAt ?? '');
    expect(up).toBeGreaterThanOrEqual(stableForMs - 50);
  });

  test('K16 takes a container for well that was restarted three times and stays up then', async () => {
    const stableForMs = 1_000;
    const ends = 'setTimeout(() => process.exit(1), 300)';
    const text = playing(
      `const fs = require('fs'); fs.appendFileSync('/starts', 'x'); if (fs.readFileSync('/starts').length > 3) { ${RUNS} } else { ${ends} }`,
      '    restart: always\n',
    );
    const behaviours = { 'v0.1.0': 'crash-later' } as const;
    const limits = { ...rollout, stableForMs, crashLoopRestarts: 3 };
    const one = await service(both, { text, behaviours, profile: { rollout: limits } });
    const started = await rolledBack(one);
    await until('the container to have recovered', async () => {
      const [container] = await one.containers();
      const format = '{{.RestartCount}} {{.State.Status}}';
      return (await host().docker('inspect', '--format', format, container!.id)).trim() === '3 running';
    });
    expect(await one.wait(started)).toMatchObject({ instances: [{ restarts: 3 }] });
  });

  test('fails as soon as the container has ended, and not at its end', async () => {
    const text = playing('setTimeout(() => process.exit(9), 1000)');
    const behaviours = { 'v0.1.0': 'crash-exit-1' } as const;
    const one = await service(both, {
      text,
      behaviours,
      profile: { rollout: { ...rollout, stableForMs: 15_000 } },
    });
    const error = await errorOf(one.wait(await rolledBack(one)));
    expect(error.message).toMatch(/ended with exit code 9.*restored$/);
    const { at } = JSON.parse(
      (await one.read(`.runbook/${NAME}/audit.jsonl`)).trim().split('\n').at(-1) ?? '',
    );
    const events = await host().events('0');
    const died = events.find(
      ({ action, project, image }) =>
        action === 'die' && project === one.project && image.endsWith(':v0.1.0'),
    );
    expect(Date.parse(at) - (died?.at ?? 0)).toBeLessThan(10_000);
  });

  test('does not take a restart by hand for a failed start', async () => {
    const one = await service(both, { profile: { rollout: { ...rollout, stableForMs: 2_500 } } });
    const started = await rolledBack(one);
    const begun: RolloutProgress[] = [];
    const waiting = one.target.waitForRollout(started, context, (progress) => begun.push(progress));
    await until('the wait to have begun', async () => begun.length > 0);
    const [container] = await one.containers();
    await host().docker('restart', container?.id ?? '');
    expect(await waiting).toMatchObject({ replicas: 1, instances: [{ uid: container?.id }] });
  });

  test('ends within a second when the step is cancelled, changes nothing, and stops listening', async () => {
    const one = await service(both, {
      profile: { rollout: { ...rollout, stableForMs: 60_000, deadlineMs: 90_000 } },
    });
    const started = await rolledBack(one);
    const before = await one.state();
    const cancel = new AbortController();
    const begun: RolloutProgress[] = [];
    const waiting = one.target
      .waitForRollout(started, { ...context, signal: cancel.signal }, (progress) => begun.push(progress))
      .catch((error: unknown) => error);
    await until('the wait to have begun', async () => begun.length > 0 && (await listeners(one)).length > 0);
    const cancelledAt = Date.now();
    cancel.abort(new Error('cancelled'));
    expect(await waiting).toMatchObject({ message: 'cancelled' });
    expect(Date.now() - cancelledAt).toBeLessThan(1_000);
    await until('nobody to listen', async () => (await listeners(one)).length === 0);
    expect(await one.state()).toEqual(before);
  });

  test('of a killed worker is resumed with its deadline, and not with a new one', async () => {
    const profile = { rollout: { ...rollout, deadlineMs: 2_500 } };
    const one = await service(both, { text: healthyAfter(3_600_000), profile });
    const { files } = await one.state();
    const started = await rolledBack(one);
    const step = { profile: one.profile, key: 'run-1/wait', rollout: started };
    const killed = startWorker(step, one.env);
    await until('the first worker to wait', async () => killed.progress.length > 0, { everyMs: 10 });
    killed.child.kill('SIGKILL');
    await killed.outcome;
    const [resume] = killed.progress;
    const { error } = await startWorker({ ...step, resume: resume! }, one.env).outcome;
    const sinceFirst = Date.now() - Date.parse(resume?.waitingSince ?? '');
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error?.message).toMatch(/^0\.1\.0 was not up within 2\.5 s/);
    expect(sinceFirst).toBeGreaterThanOrEqual(2_500);
    expect((await one.state()).files).toMatchObject(files);
  });

  test('is over at once for what has been up for long', async () => {
    const one = await service(both, { text: quietWith(''), profile: { rollout } });
    const current = await one.target.current(context);
    expect(await one.wait(current)).toMatchObject({ fingerprint: current.fingerprint, replicas: 1 });
  });
});
