import { imageOf } from '../../../../sandbox/manifests.ts';
import {
  beside,
  container,
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

const CHAPTER = 'a DaemonSet, whose history are ControllerRevisions too';

const two = [first('0.1.0'), release('0.2.0')];
const three = [...two, release('0.3.0')];
const NO_HISTORY = { revisionHistoryLimit: 0 };

const OF_SETS: readonly Omit<History, 'chapter' | 'kind'>[] = [
  { acts: [first('0.1.0')] },
  { acts: two },
  { acts: three },
  { acts: [first('0.1.0'), kubectl(`set image master-orchestrator=${imageOf('v0.2.0')}`, () => '0.2.0')] },
  {
    acts: [...two, release('0.1.0')],
    why: '0.2.0 was just left for 0.1.0 by a revert, and going forward to it again is for a person to ask for.',
  },
  {
    acts: [...two, undo],
    why: 'kubectl brings the release back that was undone a moment ago; ours only goes back, and there is nothing older.',
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
  { acts: [...two, container('RUST_LOG=debug', { env: [{ name: 'RUST_LOG', value: 'debug' }] })] },
  { acts: [first('0.1.0', NO_HISTORY, 'revisionHistoryLimit: 0'), release('0.2.0')] },
  {
    acts: [first('0.1.0', NO_HISTORY, 'revisionHistoryLimit: 0'), proved, release('0.2.0')],
    why: '0.1.0 was seen to work, and its template was kept with the proof; kubectl knows no history at all.',
  },
  {
    acts: [
      ...two,
      beside('updateStrategy: OnDelete', (workload) =>
        workload.patch({ spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } }),
      ),
    ],
  },
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

/** The same, of a DaemonSet that no node takes: nothing has to start. */
export const DAEMON_SETS: readonly History[] = OF_SETS.map((of) => ({
  ...of,
  chapter: CHAPTER,
  kind: 'DaemonSet',
}));
