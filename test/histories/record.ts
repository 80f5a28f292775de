import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PATHS } from './paths.ts';
import { recordAsked } from './record-asked.ts';
import { recordCompose } from './record-compose.ts';
import { recordConfig } from './record-config.ts';
import { recordFollowed } from './record-followed.ts';
import { recordGroups } from './record-group.ts';
import { recordLocks } from './record-locks.ts';
import { recordPlain } from './record-plain.ts';
import { recordStarts } from './record-starts.ts';

/** Keeps the history of a run as the one of a path; a path that was not asked for is left alone. */
export type Save = (name: string, history: () => Promise<string>) => Promise<void>;

// Records the histories of this folder: every one is a real run on a sandbox of its own. Names select single ones.
const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);

const save: Save = async (name, history) => {
  if (!isWanted(name)) return;
  if (!(name in PATHS) && name !== 'poisoned') throw new Error(`${name} is not a path: name it in paths.ts`);
  await writeFile(join(import.meta.dirname, `${name}.json`), `${await history()}\n`);
  process.stdout.write(`${name}.json\n`);
};

const groups = [
  {
    record: recordPlain,
    names: /^(rolled-back|already-there|known-good|not-proved|failed-|planned|poisoned)/,
  },
  { record: recordAsked, names: /^(decided|check|approv|break|paused|over|cancelled-)/ },
  { record: recordLocks, names: /^(claim|joined|with)/ },
  { record: recordFollowed, names: /^(stayed|changed|not-well|superseded)/ },
  { record: recordStarts, names: /^(expired|start-|other-)/ },
  { record: recordConfig, names: /^config-/ },
  { record: recordGroups, names: /^group-/ },
  { record: recordCompose, names: /^compose-/ },
];
for (const { record, names } of groups) {
  if ([...Object.keys(PATHS), 'poisoned'].some((name) => names.test(name) && isWanted(name)))
    await record(save);
}
process.exit(0);
