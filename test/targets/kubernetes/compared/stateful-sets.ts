import { imageOf } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import {
  type Act,
  beside,
  failed,
  first,
  type History,
  kubectl,
  ours,
  proved,
  release,
  restart,
  restored,
  undo,
  undoTo,
} from './acts.ts';

const CHAPTER = 'a StatefulSet, whose history are ControllerRevisions';

const two = [first('0.1.0'), release('0.2.0')];
const three = [...two, release('0.3.0')];

/** The ControllerRevision of a version is deleted, as by somebody who tidies up. */
const pruned: Act = beside('the ControllerRevision of 0.1.0 deleted', async (workload) => {
  const image = imageOf('v0.1.0');
  const found = (await workload.revisions()).find(
    ({ data }) => data.spec.template.spec.containers[0].image === image,
  );
  await workload.api.must('DELETE', workload.path(`controllerrevisions/${found?.metadata.name}`));
});

/** As it is done to change what cannot be changed: claim templates, the service's name. */
const recreated: Act = beside(
  'the set deleted with `--cascade=orphan` and created again',
  async (workload) => {
    const { apiVersion, kind, metadata, spec } = await workload.live();
    const { name, namespace, labels } = metadata;
    await workload.api.must('DELETE', `${workload.path()}?propagationPolicy=Orphan`);
    await until('the set to be gone', async () => {
      return (await workload.api.call('GET', workload.path())).status === 404;
    });
    const again = { apiVersion, kind, metadata: { name, namespace, labels }, spec };
    await workload.api.must('POST', workload.path('statefulsets'), again);
  },
);

const updates = (words: string, updateStrategy: object): Act =>
  beside(words, (workload) => workload.patch({ spec: { updateStrategy } }));

/** Of whatever has ControllerRevisions. */
export const OF_SETS: readonly Omit<History, 'chapter' | 'kind'>[] = [
  { acts: [first('0.1.0')] },
  { acts: two },
  { acts: three },
  {
    acts: [...two, release('0.1.0')],
    why: '0.2.0 was just left for 0.1.0 by a revert, and going forward to it again is for a person to ask for.',
  },
  {
    acts: [...two, undo],
    why: 'kubectl brings the release back that was undone a moment ago; ours only goes back, and there is nothing older.',
  },
  {
    acts: [...three, undo],
    why: 'kubectl brings 0.3.0 back, which was undone a moment ago; when 0.2.0 is no better, what is older may be.',
  },
  {
    acts: [...three, undoTo(1)],
    why: 'kubectl goes forward to 0.3.0, which was left for 0.1.0; nothing is older, so a person is asked.',
  },
  { acts: [...three, undo, release('0.4.0')] },
  {
    acts: [...two, restart],
    why: 'kubectl takes the restart back and keeps 0.2.0, the bad release; a restart is no other version.',
  },
  { acts: [...two, kubectl('annotate kubernetes.io/change-cause=tuned')] },
  { acts: [first('0.1.0', { revisionHistoryLimit: 0 }, 'revisionHistoryLimit: 0'), release('0.2.0')] },
  {
    acts: [first('0.1.0', { revisionHistoryLimit: 0 }, 'revisionHistoryLimit: 0'), proved, release('0.2.0')],
    why: '0.1.0 was seen to work, and its template was kept with the proof; kubectl knows no history at all.',
  },
  { acts: [...two, pruned] },
  { acts: [...two, updates('updateStrategy: OnDelete', { type: 'OnDelete', rollingUpdate: null })] },
  {
    acts: [first('0.1.0'), proved, release('0.2.0'), release('0.3.0')],
    why: '0.1.0 is the one that was seen to work; of 0.2.0 nothing is known but that it came before.',
  },
  {
    acts: [first('0.1.0'), release('0.2.0'), failed, release('0.3.0')],
    why: '0.2.0 was seen to fail: going there would exchange one bad release for another.',
  },
  {
    acts: [...two, ours()],
    why: 'kubectl brings the bad release back that was just left; a rollback that is asked for twice is meant once.',
  },
  { acts: [...two, restored] },
];

/** The same, of a StatefulSet: numbers grow in place, under the same name. */
export const STATEFUL_SETS: readonly History[] = [
  ...OF_SETS,
  { acts: [...two, recreated] },
  { acts: [...two, updates('partition: 1', { rollingUpdate: { partition: 1 } })] },
].map((of) => ({
  ...of,
  chapter: CHAPTER,
  kind: 'StatefulSet',
}));
