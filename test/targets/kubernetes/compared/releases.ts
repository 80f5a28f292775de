import { imageOf } from '../../../../sandbox/manifests.ts';
import { beside, container, edit, first, type History, kubectl, release, template } from './acts.ts';
import type { Workload } from './workload.ts';

const digest = (digit: string) => `${imageOf('v0.2.0')}@sha256:${digit.repeat(64)}`;

const sidecar = (version: string) => ({ name: 'proxy', image: `registry.example/proxy:${version}` });

const withSidecar = (version: string) => (workload: Workload) =>
  workload.live().then(({ spec }) =>
    workload.patch({
      spec: { template: { spec: { containers: [spec.template.spec.containers[0], sidecar(version)] } } },
    }),
  );

const config = (name: string) =>
  edit(`envFrom configmap/${name}`, async (workload) => {
    const metadata = { name };
    await workload.api.must('POST', workload.path('configmaps'), { metadata, data: { LOG: name } });
    await workload.container((before) => ({ ...before, envFrom: [{ configMapRef: { name } }] }));
  });

const annotation = (name: string, value: string) =>
  template(`${name}: ${value}`, { metadata: { annotations: { [name]: value } } });

const ALONE = 'releases, one after the other';
const EDITS = 'what a release changes';

/** Releases of a pipeline, and the parts of a template that they change. */
export const RELEASES: readonly History[] = [
  { chapter: ALONE, acts: [first('0.1.0')] },
  { chapter: ALONE, acts: [first('0.1.0'), release('0.2.0')] },
  { chapter: ALONE, acts: [first('0.1.0'), release('0.2.0'), release('0.3.0')] },
  {
    chapter: ALONE,
    acts: [first('0.1.0'), release('0.2.0'), release('0.2.0', 'the same manifest once more')],
  },
  {
    chapter: ALONE,
    acts: [first('0.1.0'), release('0.2.0'), release('0.1.0')],
    why: '0.2.0 was just left for 0.1.0 by a revert, and going forward to it again is for a person to ask for.',
  },
  {
    chapter: ALONE,
    acts: [first('0.1.0'), release('0.2.0'), release('0.3.0'), release('0.2.0')],
    why: '0.3.0 was left for 0.2.0 by a revert: when that does not help, what is older may, and not what was bad before it.',
  },
  {
    chapter: ALONE,
    acts: [
      first('0.1.0'),
      edit('0.2.0 by `kubectl apply --server-side`', async (workload) => {
        const { apiVersion, kind, metadata, spec } = workload.manifest('v0.2.0');
        const { name, namespace } = metadata;
        const applied = { apiVersion, kind, metadata: { name, namespace }, spec };
        const args = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
        const { code, output } = await workload.kubectl(args, JSON.stringify(applied));
        if (code !== 0) throw new Error(output);
      }),
    ],
  },
  {
    chapter: ALONE,
    acts: [first('0.1.0'), kubectl(`set image master-orchestrator=${imageOf('v0.2.0')}`, () => '0.2.0')],
  },
  {
    chapter: ALONE,
    acts: [
      first('0.1.0'),
      { ...container('0.2.0 by digest 1', { image: digest('1') }), makes: () => '0.2.0 by digest 1' },
      { ...container('0.2.0 by digest 2', { image: digest('2') }), makes: () => '0.2.0 by digest 2' },
    ],
  },
  { chapter: EDITS, acts: [first('0.1.0'), kubectl('set env LOG=debug', () => '0.1.0 with LOG=debug')] },
  {
    chapter: EDITS,
    acts: [first('0.1.0'), kubectl('set resources --limits=cpu=200m', () => '0.1.0 with limits')],
  },
  { chapter: EDITS, acts: [first('0.1.0'), config('config-1'), config('config-2')] },
  {
    chapter: EDITS,
    acts: [
      first('0.1.0'),
      template('another label', { metadata: { labels: { tier: 'backend' } } }),
      release('0.2.0'),
    ],
  },
  {
    chapter: EDITS,
    acts: [first('0.1.0'), annotation('checksum/config', '1'), annotation('checksum/config', '2')],
  },
  {
    chapter: EDITS,
    acts: [
      first('0.1.0'),
      edit('a sidecar', withSidecar('1')),
      edit('another sidecar image', withSidecar('2')),
    ],
  },
  {
    chapter: EDITS,
    acts: [
      first('0.1.0'),
      template('an init container', {
        spec: { initContainers: [{ name: 'migrate', image: imageOf('v0.1.0') }] },
      }),
      template('another init container', {
        spec: { initContainers: [{ name: 'migrate', image: imageOf('v0.2.0') }] },
      }),
    ],
  },
  {
    chapter: EDITS,
    acts: [first('0.1.0'), template('a volume', { spec: { volumes: [{ name: 'data', emptyDir: {} }] } })],
  },
  {
    chapter: EDITS,
    acts: [
      first('0.1.0'),
      container('a container of another name', { name: 'app' }),
      container('the container of before', { name: 'master-orchestrator', image: imageOf('v0.2.0') }),
    ],
    why: 'the older version has no container of the name in the profile, so that checks would not know what to look at: it wants `force`.',
  },
  {
    chapter: EDITS,
    acts: [
      first('0.1.0'),
      beside('a second Deployment with the same labels and more', async (workload) => {
        const other = workload.manifest('v0.9.0');
        const labels = { ...other.spec.selector.matchLabels, part: 'canary' };
        const spec = { ...other.spec, selector: { matchLabels: labels } };
        spec.template = { ...spec.template, metadata: { labels } };
        const metadata = { ...other.metadata, name: `${workload.name}-canary` };
        await workload.api.must('POST', workload.path('deployments'), { ...other, metadata, spec });
      }),
      release('0.2.0'),
    ],
  },
];
