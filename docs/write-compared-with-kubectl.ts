import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSandbox } from '../sandbox/index.ts';
import { HISTORIES } from '../test/targets/kubernetes/compared/histories.ts';
import { type Chosen, isSame, measure, type Row } from '../test/targets/kubernetes/compared/measure.ts';
import { endsAlike, measureWaits, WAITS, type WaitRow } from '../test/targets/kubernetes/compared/waits.ts';
import { locateTool } from '../tools/index.ts';

/** Where the tables stand. */
export const PAGE = join(import.meta.dirname, 'compared-with-kubectl.md');

const [BEGIN, END] = ['<!-- tables:begin -->', '<!-- tables:end -->'];
const COLUMNS = ['done, in this order', '`kubectl rollout undo`', '`runbook rollback`', '`--to previous`'];

/** The page with what was measured, a table for each chapter. */
export function withComparison(page: string, rows: readonly Row[], waits: readonly WaitRow[]): string {
  const [before, rest = ''] = page.split(BEGIN);
  const [, after] = rest.split(END);
  const others = rows.filter(isOther).length;
  const counted = `${rows.length} histories: ${rows.length - others} times the same, ${others} times another.`;
  const tables = [...Map.groupBy(rows, ({ chapter }) => chapter)].flatMap(([chapter, of]) => [
    `## ${chapter.charAt(0).toUpperCase()}${chapter.slice(1)}`,
    '',
    line([...COLUMNS, 'ours is', 'why']),
    line(Array.from({ length: COLUMNS.length + 2 }, () => '---')),
    ...of.map(tableRow),
    '',
  ]);
  return [before, BEGIN, '\n', [counted, '', ...tables, ...waitTable(waits)].join('\n'), END, after].join('');
}

/** True where what a run goes to without a wish is not what kubectl goes to. */
export function isOther({ kubectl, ours }: Row): boolean {
  return !isSame(kubectl, ours);
}

/** What is done until the wait is over. */
function waitTable(waits: readonly WaitRow[]): readonly string[] {
  const columns = [
    'done, in this order',
    '`kubectl rollout undo` and `rollout status`',
    '`runbook rollback`',
    'ours is',
    'why',
  ];
  return [
    '## What a rollback of a StatefulSet comes to',
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...waits.map((row) =>
      line([row.done, row.kubectl, row.ours, endsAlike(row) ? 'the same' : 'another', row.why ?? '']),
    ),
    '',
  ];
}

function tableRow(row: Row): string {
  const { done, kubectl, ours, previous, why = '' } = row;
  const asked = isSame(kubectl, previous) ? 'as kubectl' : inWords(previous);
  return line([done, inWords(kubectl), inWords(ours), asked, isOther(row) ? 'another' : 'the same', why]);
}

function inWords({ kind, what }: Chosen): string {
  return kind === 'goes to' ? what : kind === 'stays at' ? `stays at ${what}` : `refuses: ${what}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.main) {
  await using sandbox = await openSandbox({
    kubernetes: { instantReady: (namespace) => namespace.startsWith('instant-') },
  });
  const { cluster, folder } = sandbox;
  const { path: kubectl } = await locateTool('kubectl');
  const place = { cluster, kubectl, folder };
  const rows = await measure(HISTORIES, place, 'compared');
  const waits = await measureWaits(WAITS, place, 'instant-compared-waits');
  writeFileSync(PAGE, withComparison(readFileSync(PAGE, 'utf8'), rows, waits));
}
