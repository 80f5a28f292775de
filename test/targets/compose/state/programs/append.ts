/** Adds so many entries to the audit log of a project, all at once, as one of several processes. */
import { ProjectFolder } from '../../../../../src/targets/compose/files/project-folder.ts';
import { StateFolder } from '../../../../../src/targets/compose/state/index.ts';

const [root = '', name = '', count = '0'] = process.argv.slice(2);
const { audit } = new StateFolder(await ProjectFolder.open(root)).service('app');
const { signal } = new AbortController();
const append = (key: string) =>
  audit.append({ at: new Date().toISOString(), event: 'appended', key }, signal);
const numbers = Array.from({ length: Number(count) }, (_, number) => number);
await Promise.all(numbers.flatMap((number) => [append(`${name} ${number}`), append(`shared ${number}`)]));
