import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Ends,
  STATE_IDS,
  STATES,
  type StateRow,
} from '../src/targets/kubernetes/rollout/wait-states/rows.ts';
import { between, table } from './tables.ts';

const PAGE = join(import.meta.dirname, 'operations.md');
const DOCUMENTATION = 'https://kubernetes.io/docs/';
const SOURCE = 'https://github.com/kubernetes/kubernetes/blob/master/';

const ENDS: Readonly<Record<Ends, string>> = {
  'at-once': '**ends it at once**',
  'own-deadline': 'after 5 minutes without a change',
  deadlines: 'at the deadlines',
  'no-trouble': 'never',
};

/** The states of a rollout as a table, between the marks of docs/operations.md. */
export function withWaitStates(page: string): string {
  const rows = STATE_IDS.map((id) => {
    const { of, shows, ends, because, documented }: StateRow = STATES[id];
    return [of, shows, ENDS[ends], because, `[${nameOf(documented)}](${addressOf(documented)})`];
  });
  const columns = ['state of a', 'seen by', 'ends the wait', 'because', 'documented in'];
  return between(page, 'wait-states', table(columns, rows));
}

function addressOf(documented: string): string {
  return `${documented.startsWith('pkg/') ? SOURCE : DOCUMENTATION}${documented}`;
}

function nameOf(documented: string): string {
  return (
    documented
      .replace(/\/?(#.*)?$/, '')
      .split('/')
      .at(-1) ?? documented
  );
}

if (import.meta.main) writeFileSync(PAGE, withWaitStates(readFileSync(PAGE, 'utf8')));
