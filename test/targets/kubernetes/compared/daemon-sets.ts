import { imageOf } from '../../../../sandbox/manifests.ts';
import { container, first, type History, kubectl, release } from './acts.ts';
import { OF_SETS } from './stateful-sets.ts';

/** Histories of a DaemonSet that no node takes: nothing has to start. */
export const DAEMON_SETS: readonly History[] = [
  ...OF_SETS,
  { acts: [first('0.1.0'), kubectl(`set image master-orchestrator=${imageOf('v0.2.0')}`, () => '0.2.0')] },
  {
    acts: [
      first('0.1.0'),
      release('0.2.0'),
      container('RUST_LOG=debug', { env: [{ name: 'RUST_LOG', value: 'debug' }] }),
    ],
  },
].map((of) => ({
  ...of,
  chapter: 'a DaemonSet, whose history are ControllerRevisions too',
  kind: 'DaemonSet',
}));
