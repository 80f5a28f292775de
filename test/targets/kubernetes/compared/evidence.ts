import {
  failed,
  first,
  type History,
  ours,
  proved,
  release,
  restart,
  restored,
  undecided,
  undo,
} from './acts.ts';

const PROOF = 'with evidence';
const OURS = 'after rollbacks of this runbook';

/** What is recorded of versions, and what earlier runs have done. */
export const EVIDENCE: readonly History[] = [
  { chapter: PROOF, acts: [first('0.1.0'), proved, release('0.2.0')] },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), proved, release('0.2.0'), release('0.3.0')],
    why: '0.1.0 is the one that was seen to work; of 0.2.0 nothing is known but that it came before.',
  },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), proved, release('0.2.0'), proved, release('0.3.0'), release('0.4.0')],
    why: '0.2.0 is the last one that was seen to work; of 0.3.0 nothing is known but that it came before.',
  },
  { chapter: PROOF, acts: [first('0.1.0'), release('0.2.0'), proved] },
  { chapter: PROOF, acts: [first('0.1.0'), proved, restart, release('0.2.0')] },
  { chapter: PROOF, acts: [first('0.1.0'), release('0.2.0'), undecided, release('0.3.0')] },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), release('0.2.0'), failed, release('0.3.0')],
    why: '0.2.0 was seen to fail: going there would exchange one bad release for another.',
  },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), failed, release('0.2.0')],
    why: 'the only version before was seen to fail, so a person is asked instead of taking it.',
  },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), proved, release('0.2.0'), proved, failed, release('0.3.0')],
    why: '0.2.0 was proved first and has failed since; 0.1.0 is the last one that is known to work.',
  },
  { chapter: PROOF, acts: [first('0.1.0'), proved, release('0.2.0'), proved, undo, release('0.3.0')] },
  { chapter: PROOF, acts: [first('0.1.0'), release('0.2.0'), proved, undo, release('0.3.0')] },
  {
    chapter: PROOF,
    acts: [first('0.1.0'), proved, release('0.2.0'), release('0.3.0'), proved, undo, release('0.4.0')],
    why: '0.3.0 was proved last and undone all the same; of what is left 0.1.0 was seen to work, and 0.2.0 was not.',
  },
  {
    chapter: PROOF,
    acts: [
      first('0.1.0', { revisionHistoryLimit: 1 }, 'revisionHistoryLimit: 1'),
      proved,
      release('0.2.0'),
      release('0.3.0'),
    ],
    why: '0.1.0 was seen to work, and its template was kept with the proof; kubectl knows only what the history still has.',
  },
  {
    chapter: PROOF,
    acts: [first('0.1.0', { revisionHistoryLimit: 0 }, 'revisionHistoryLimit: 0'), proved, release('0.2.0')],
    why: '0.1.0 was seen to work, and its template was kept with the proof; kubectl knows no history at all.',
  },
  {
    chapter: OURS,
    acts: [first('0.1.0'), release('0.2.0'), ours()],
    why: 'kubectl brings the bad release back that was just left; a rollback that is asked for twice is meant once.',
  },
  {
    chapter: OURS,
    acts: [first('0.1.0'), proved, release('0.2.0'), ours(), restart],
    why: 'kubectl takes the restart back; what the rollback put there is proved, and stays as it is.',
  },
  { chapter: OURS, acts: [first('0.1.0'), release('0.2.0'), ours(), release('0.3.0')] },
  {
    chapter: OURS,
    acts: [first('0.1.0'), proved, release('0.2.0'), ours('0.9.9')],
    why: 'kubectl brings the bad release back that was just left; when the version that was asked for is bad too, the proved one is next.',
  },
  { chapter: OURS, acts: [first('0.1.0'), release('0.2.0'), restored] },
  {
    chapter: OURS,
    acts: [first('0.1.0'), release('0.2.0'), ours(), undo],
  },
];
