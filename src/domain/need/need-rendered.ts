import { type Markdown, md, row, ruler } from '../media/markdown.ts';
import { visible } from '../media/visible.ts';
import type { JudgedSignal, NeedAssessment, SignalState } from './assessment.ts';
import { verdictSays } from './follows.ts';
import { type NeedImpact, valueSays } from './impact.ts';
import { moment } from './words.ts';

const STATES: Readonly<Record<SignalState, string>> = {
  'worse-since': 'worse since the release',
  'worse-before': 'bad before the release',
  normal: 'normal',
  unknown: 'not known',
};

/** What an assessment found, as lines for a terminal or a message: the verdict, since when the version is live, then each signal. */
export function needLines(assessment: NeedAssessment): readonly string[] {
  const { verdict, signals, sentence } = assessment;
  return [`${verdict}: ${sentence}`, liveSays(assessment), ...signals.map(signalLine)].map(visible);
}

function signalLine({ says, notes = [] }: JudgedSignal): string {
  return notes.length === 0 ? says : `${says} (${notes.join('; ')})`;
}

function liveSays({ version, live, at }: NeedAssessment): string {
  if (live === undefined) return `since when ${version} is live is not known`;
  const since = moment(Date.parse(live.at), Date.parse(at));
  return `${version} is live since ${since}${live.exact ? '' : ' or before'} (by its ${live.from})`;
}

/** The same for a record, in Markdown, with the numbers as a table. */
export function needMarkdown(assessment: NeedAssessment): readonly Markdown[] {
  const { verdict, sentence, signals } = assessment;
  return [
    md`**${verdict}** (${verdictSays(verdict)}): ${sentence}`,
    md``,
    md`${liveSays(assessment)}`,
    ...(signals.length === 0
      ? []
      : [
          md``,
          row('signal', 'before', 'known-good', 'now', 'finding', 'what it says', 'source'),
          ruler(7),
          ...signals.map(signalRow),
        ]),
  ];
}

function signalRow(signal: JudgedSignal): Markdown {
  const { title, unit, before, recorded, now, state, source } = signal;
  const shown = [before, recorded, now].map((value) => valueSays(unit, value));
  return row(title, ...shown, STATES[state], signalLine(signal), source);
}

/** The impact before and after, for a record. */
export function impactMarkdown({ rows, sentence }: NeedImpact): readonly Markdown[] {
  return [
    md`${sentence}`,
    ...(rows.length === 0
      ? []
      : [
          md``,
          row('signal', 'when proved', 'before the release', 'before the rollback', 'after the rollback'),
          ruler(5),
          ...rows.map(({ title, unit, recorded, before, during, after }) =>
            row(title, ...[recorded, before, during, after].map((value) => valueSays(unit, value))),
          ),
        ]),
  ];
}
