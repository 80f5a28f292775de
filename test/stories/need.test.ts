import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startProvider } from '../../sandbox/demo/provider.ts';
import { measured, WINDOW_MS } from '../../sandbox/demo/signals.ts';
import { untilFailedShare, untilKnown } from '../../sandbox/demo/watch-plans.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { scrapePods } from '../../sandbox/prometheus/follow-pods.ts';
import type { SandboxPrometheus } from '../../sandbox/prometheus/index.ts';
import { needOf, type RunReport } from '../../src/domain/ledger/ledger.ts';
import { needLines } from '../../src/domain/need/need-rendered.ts';
import { until } from '../../tools/until.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';
import { ASKED, send, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage, told } from './stage.ts';

let stage: Stage;
let measuring: Awaited<ReturnType<typeof borrowPrometheus>>;
const borrowPrometheus = () => borrowSandbox({ prometheus: true });
beforeAll(async () => {
  [stage, measuring] = await Promise.all([openStage(), borrowPrometheus()]);
});
afterAll(async () => {
  await measuring?.close();
  await stage?.close();
});

/** Users chat with the good releases too: without them nothing is measured. */
const GOOD = 'v0.1.0-good-under-traffic';
const ALSO_GOOD = 'v0.2.1-good-under-traffic';
const BAD = 'v0.2.0';
const ALERT = { trigger: 'alert', reason: 'HighErrorRate', requestedBy: 'alertmanager' } as const;

interface Measured {
  readonly cast: Cast;
  readonly prometheus: SandboxPrometheus;
  /** What the pods ask; it fails when it is told to. */
  readonly provider: Awaited<ReturnType<typeof startProvider>>;
  release(version: string): Promise<void>;
  /** Waits until what Prometheus says of the failed plans is this, and at its least over some time, in ms. */
  failing(is: (ratio: number) => boolean, forMs?: number): Promise<void>;
}

/** A service whose pods a real Prometheus scrapes, known-good for long enough to know what is normal. */
async function service(
  { onTestFinished }: TestContext,
  name: string,
  profile: object = {},
): Promise<Measured> {
  const { prometheus } = measuring;
  const { cluster } = stage.sandbox;
  const job = `${name}-${Date.now()}`;
  const provider = await startProvider();
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const cast = await stage.cast(name, {
    profile: { ...ASKED, ...measured({ prometheus, job }), ...profile },
  });
  const pods = await scrapePods(prometheus, cluster, { namespace: cast.namespace, job });
  onTestFinished(() => pods[Symbol.asyncDispose]());
  const { apiPort, metricsPort } = cluster.node;
  const release = async (version: string) => {
    await cast.deploy(version, {
      template: {
        containers: [
          {
            name: 'master-orchestrator',
            image: imageOf(version),
            env: [
              { name: 'RUST_LOG', value: 'warn' },
              { name: 'ORCH_PROVIDER', value: provider.url },
            ],
            ports: [
              { name: 'http', containerPort: apiPort },
              { name: 'metrics', containerPort: metricsPort },
            ],
            readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
          },
        ],
      },
    });
    await pods.up();
  };
  const watched = { prometheus, job };
  const failing = (is: (ratio: number) => boolean, forMs = 0) => untilFailedShare(watched, is, { forMs });
  await release(GOOD);
  await failing((value) => value === 0);
  expect((await cast.verify()).outcome).toBe('known-good');
  await untilKnown(watched, { points: 20 });
  return { cast, prometheus, provider, release, failing };
}

const signalOf = (report: RunReport, id: string) => needOf(report)?.signals.find((one) => one.id === id);

describe.concurrent('an alert asks for a rollback', () => {
  it('which is warranted where chats fail since the release: the numbers of before, then and after are told', async (context) => {
    const { cast, release, failing } = await service(context, 'need-warranted');
    await release(BAD);
    await failing((value) => value > 0.5);
    const report = await cast.rollback(ALERT);
    expect(report.outcome).toBe('rolled-back');
    expect(told(report)).toContain('assess-need completed');
    expect(needOf(report)).toMatchObject({ verdict: 'warranted', version: '0.2.0', live: { exact: true } });
    const plans = signalOf(report, 'plan-failure-ratio');
    expect(plans).toMatchObject({ state: 'worse-since', source: 'prometheus', before: 0 });
    expect(plans?.now).toBeGreaterThan(0.5);
    expect(Date.parse(plans?.onsetAt ?? '')).toBeGreaterThan(Date.parse(needOf(report)?.live?.at ?? ''));
    expect(needOf(report)?.sentence).toMatch(/failed plans 0 % -> \d+ % since .* after 0\.2\.0 became live/);

    const impact = report.ledger.find((entry) => entry.impact)?.impact;
    const row = impact?.rows.find(({ id }) => id === 'plan-failure-ratio');
    expect(row).toMatchObject({ before: 0, during: plans?.now });
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('## Is it the release');
    expect(markdown).toContain('### Before and after');
    expect(JSON.stringify(cast.channel.received.at(-1))).toContain('is it the release: warranted');
  });

  it('which stops where a dependency has failed since before the release, and changes nothing', async (context) => {
    const { cast, provider, release, failing } = await service(context, 'need-innocent', {
      decisions: { wait: '0s' },
    });
    provider.fail();
    // For some windows before the release as after it: what grows at that moment has two stories.
    await failing((value) => value > 0.95, 3 * WINDOW_MS);
    await release(ALSO_GOOD);
    const scraped = Date.now();
    await until('windows of its own', async () => Date.now() - scraped > 3 * WINDOW_MS);
    await failing((value) => value > 0.95, 3 * WINDOW_MS);
    const before = await cast.workload();
    const report = await cast.rollback(ALERT);
    expect(report, needLines(needOf(report)!).join('\n')).toMatchObject({ outcome: 'not-warranted' });
    expect(report.error).toBeUndefined();
    expect(signalOf(report, 'plan-failure-ratio')).toMatchObject({ state: 'worse-before' });
    expect((await cast.workload()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(told(report).filter((step) => /snapshot|plan |roll-back/.test(step))).toEqual([]);
    expect(JSON.stringify(cast.channel.received.at(-1))).toContain('was NOT rolled back');

    // A person who knows better is not kept from it, and the numbers are kept.
    const asked = await cast.rollback({ reason: 'I want it gone', requestedBy: 'ada', dryRun: true });
    expect(asked).toMatchObject({ outcome: 'planned' });
    expect(needOf(asked)).toMatchObject({ verdict: 'not-warranted' });
  });

  it('of which a person decides where nothing can be measured: no data is neither well nor bad', async (context) => {
    const { cast, release } = await service(context, 'need-unmeasured', {
      prometheus: { addresses: ['http://127.0.0.1:1'], timeout: '1s' },
    });
    await release(BAD);
    const handle = await cast.start(ALERT);
    const open = await waits(handle, 'decision', 'assess-need');
    expect(open).toMatchObject({
      error: { type: 'NotWarranted' },
      answers: ['retry', 'go-on', 'change-target', 'abort'],
    });
    await send(handle, 'decide', { answer: 'abort', decidedBy: 'anna', reason: 'we look first' });
    expect(await cast.end(handle)).toMatchObject({ outcome: 'failed', error: { type: 'NotWarranted' } });
    expect((await cast.workload()).spec.template.spec.containers[0].image).toBe(imageOf(BAD));
  });
});
