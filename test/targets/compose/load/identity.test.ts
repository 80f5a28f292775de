import { describe, expect, test } from 'vitest';
import {
  type Meant,
  matchIdentity,
  type StartedFrom,
} from '../../../../src/targets/compose/load/identity.ts';

const MEANT: Meant = {
  folder: '/srv/shop',
  project: 'shop',
  directory: '/srv/shop',
  namesDirectory: false,
  files: ['/srv/shop/compose.yaml'],
  envFiles: ['/srv/shop/.env'],
  state: '/srv/shop/.runbook',
  elsewhere: false,
};
const OWN: StartedFrom = {
  container: 'shop-app-1',
  project: 'shop',
  directory: '/srv/shop',
  files: ['/srv/shop/compose.yaml'],
  missing: new Set(),
};
const OTHER: StartedFrom = { ...OWN, container: 'other-app-1', project: 'other' };
const ELSEWHERE = { directory: '/ci/build', files: ['/ci/build/compose.yaml'] };
const GONE = { ...ELSEWHERE, missing: new Set(['/ci/build', '/ci/build/compose.yaml']) };

interface Case {
  readonly name: string;
  readonly meant?: Partial<Meant>;
  readonly own?: readonly Partial<StartedFrom>[];
  readonly namesakes?: readonly StartedFrom[];
  readonly problem?: string;
  readonly warning?: string;
}

const CASES: readonly Case[] = [
  { name: 'the same', own: [{}] },
  { name: 'no container at all', own: [] },
  {
    name: 'a container of before Compose noted its folder',
    own: [{ directory: undefined as never, files: [] }],
  },
  { name: 'a relative path of the old program', own: [{ files: ['./compose.yaml'] }] },
  {
    name: 'a relative path from above, of the old program',
    meant: { directory: '/srv/shop/sub', files: ['/srv/shop/sub/x.yml'] },
    own: [{ directory: '/srv/shop/sub', files: ['sub/x.yml'] }],
  },
  {
    name: 'another file of the old program',
    own: [{ files: ['other.yml'] }],
    problem: 'set files: [other.yml] in',
  },
  {
    name: 'a file that a restore of ours has laid over them',
    own: [{ files: ['/srv/shop/compose.yaml', '/srv/shop/.runbook/app/contents/abc'] }],
  },
  { name: 'another project alone', own: [], namesakes: [OTHER], problem: 'set project: other in' },
  {
    name: 'another project alone, by one of its files',
    own: [],
    namesakes: [{ ...OTHER, directory: '/srv', files: ['/srv/base.yml', '/srv/shop/compose.yaml'] }],
    problem: 'set project: other in',
  },
  { name: 'another project of another folder', own: [], namesakes: [{ ...OTHER, ...ELSEWHERE }] },
  {
    name: 'another project beside it',
    own: [{}],
    namesakes: [OTHER, { ...OTHER, container: 'other-app-2' }],
    warning: 'project other runs a service of this name from this folder too',
  },
  {
    name: 'more files',
    own: [{ files: ['/srv/shop/compose.yaml', '/srv/shop/prod/x.yml'] }],
    problem: 'set files: [compose.yaml, prod/x.yml] in',
  },
  {
    name: 'fewer files',
    meant: { files: ['/srv/shop/compose.yaml', '/srv/shop/compose.override.yaml'] },
    own: [{}],
    problem: 'set files: [compose.yaml] in',
  },
  {
    name: 'the same files in another order',
    meant: { files: ['/srv/shop/a.yml', '/srv/shop/b.yml'] },
    own: [{ files: ['/srv/shop/b.yml', '/srv/shop/a.yml'] }],
    problem: 'set files: [b.yml, a.yml] in',
  },
  {
    name: 'a file that is gone',
    own: [{ files: ['/srv/shop/old.yml'], missing: new Set(['/srv/shop/old.yml']) }],
    warning: 'was started with /srv/shop/old.yml, which is not there any more',
  },
  {
    name: 'a folder below',
    own: [{ directory: '/srv/shop/deploy', files: ['/srv/shop/deploy/compose.yaml'] }],
    problem: 'set files: [deploy/compose.yaml] in',
  },
  {
    name: 'another project directory',
    own: [{ directory: '/srv/shop/deploy' }],
    problem: 'set projectDirectory: deploy in',
  },
  {
    name: 'the folder itself as project directory',
    meant: { directory: '/srv/shop/deploy', files: ['/srv/shop/deploy/x.yml'] },
    own: [{ files: ['/srv/shop/deploy/x.yml'] }],
    problem: 'set projectDirectory: . in',
  },
  {
    name: 'the folder of the first file where the profile says another',
    meant: { namesDirectory: true, files: ['/srv/shop/deploy/x.yml'] },
    own: [{ directory: '/srv/shop/deploy', files: ['/srv/shop/deploy/x.yml'] }],
    problem: 'set projectDirectory: deploy in',
  },
  {
    name: 'a folder beside it, whose name begins with the same letters',
    own: [{ directory: '/srv/shop2', files: ['/srv/shop2/compose.yaml'] }],
    problem: 'set directory: /srv/shop2 and files: [compose.yaml] in',
  },
  {
    name: 'a file above the folder',
    own: [{ directory: '/srv', files: ['/srv/base.yml', '/srv/shop/compose.yaml'] }],
    problem: 'set directory: /srv and files: [base.yml, shop/compose.yaml] in',
  },
  { name: 'the default env file by name', own: [{ envFiles: ['/srv/shop/.env'] }] },
  {
    name: 'another env file',
    own: [{ envFiles: ['/srv/shop/prod.env'] }],
    problem: 'set envFiles: [prod.env] in',
  },
  { name: 'a folder that is not here', own: [GONE], problem: 'set startedElsewhere: allow in' },
  {
    name: 'a folder that is not here, allowed',
    meant: { elsewhere: true },
    own: [GONE],
    warning: 'shop-app-1 was started from /ci/build, the profile means /srv/shop',
  },
  {
    name: 'other files of a folder that is not here',
    meant: { elsewhere: true },
    own: [{ ...GONE, files: ['/ci/build/compose.yaml', '/ci/build/prod.yml'] }],
    problem: 'set files: [compose.yaml, prod.yml] in',
  },
  {
    name: 'one container of several',
    own: [{}, { container: 'shop-app-2', directory: '/srv/shop/deploy' }],
    problem: 'shop-app-2 was started from /srv/shop/deploy',
  },
];

describe('what Compose has noted on the containers', () => {
  test.each(CASES)('$name', ({ meant, own = [], namesakes = [], problem, warning }) => {
    const found = matchIdentity(
      { ...MEANT, ...meant },
      own.map((one) => ({ ...OWN, ...one })),
      namesakes,
    );
    if (problem === undefined) expect(found.problem).toBeUndefined();
    else expect(found.problem).toContain(problem);
    expect(found.warnings).toEqual(warning === undefined ? [] : [expect.stringContaining(warning)]);
  });
});
