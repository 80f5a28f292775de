import { describe, expect, it } from 'vitest';
import { keeperOf, ofHelm, rewriterOf } from '../../../../src/targets/kubernetes/config/config-source.ts';
import type { ConfigObject } from '../../../../src/targets/kubernetes/config/content.ts';

const object = (metadata: Partial<ConfigObject['metadata']>): ConfigObject => ({
  metadata: { name: 'app-config', uid: 'u', ...metadata },
});
const owner = (kind: string) => ({ ownerReferences: [{ kind, uid: 'o', controller: true }] });

describe('who keeps config in place', () => {
  it.each<[string, Partial<ConfigObject['metadata']>]>([
    ['an ExternalSecret', owner('ExternalSecret')],
    ['a SealedSecret', owner('SealedSecret')],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'orch' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'orch:/ConfigMap:phoenix/app-config' } }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'orch' } }],
  ])('may be %s', (who, metadata) => {
    expect(keeperOf(object(metadata))).toMatch(new RegExp(`^is managed by ${who}.*: `));
  });

  it.each<[string, Partial<ConfigObject['metadata']>]>([
    ['nobody', {}],
    ['an owner that keeps nothing', owner('Deployment')],
    ['a label of the application', { labels: { 'app.kubernetes.io/managed-by': 'me' } }],
  ])('is nobody with %s', (_what, metadata) => {
    expect(keeperOf(object(metadata))).toBe('');
  });
});

describe('who writes config anew by itself', () => {
  it.each<[string, Partial<ConfigObject['metadata']>, boolean]>([
    ['an ExternalSecret', owner('ExternalSecret'), true],
    ['a SealedSecret', owner('SealedSecret'), true],
    [
      'Argo CD',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'orch:/ConfigMap:phoenix/app-config' } },
      true,
    ],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'orch' } }, true],
    [
      'Helm alone, which does it with the next upgrade',
      { annotations: { 'meta.helm.sh/release-name': 'orch' } },
      false,
    ],
    [
      'Flux by a HelmRelease',
      {
        annotations: { 'meta.helm.sh/release-name': 'orch' },
        labels: { 'helm.toolkit.fluxcd.io/name': 'orch' },
      },
      true,
    ],
    ['nobody', {}, false],
  ])('%s', (_who, metadata, does) => {
    expect(rewriterOf(object(metadata)) !== '').toBe(does);
  });
});

it('what helm rollback would do is a command that can be copied, for what is of a release', () => {
  const annotations = {
    'meta.helm.sh/release-name': 'orch',
    'meta.helm.sh/release-namespace': 'phoenix orch',
  };
  expect(ofHelm({ annotations }, 'it stays')).toMatch(
    /^is of the Helm release orch: it stays; helm rollback orch -n 'phoenix orch' would/,
  );
  expect(ofHelm({}, 'it stays')).toBe('');
});
