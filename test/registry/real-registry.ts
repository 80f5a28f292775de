/** A real registry on a loopback port. Where there is none, tests that need it are skipped and say so. */
import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { request } from 'undici';
import { onFreePorts } from '../../tools/ports.ts';
import { openProcesses, whileRunning } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';

const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'docker-registry'))
  .find(isProgram);

/** For `describe.skipIf`. */
export const isMissing = program === undefined;
/** Ends the title of tests that need a registry. */
export const orSkipped = isMissing ? ' (skipped: no docker-registry on PATH)' : '';

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface RealRegistry {
  /** `127.0.0.1:23456` */
  readonly registry: string;
  close(): Promise<void>;
}

/** Starts an empty registry; it ends with this process at the latest. */
export async function startRegistry(): Promise<RealRegistry> {
  const processes = await openProcesses();
  try {
    const registry = await onFreePorts(1, async ([port]) => {
      const file = (name: string) => join(processes.folder, name);
      const address = `127.0.0.1:${port}`;
      await writeFile(file('registry.yml'), JSON.stringify(configuration(address, file('storage'))));
      const log = file('registry.log');
      const running = await processes.start('registry', program!, ['serve', file('registry.yml')], { log });
      await whileRunning([running], (signal) => until('the registry', () => answers(address), { signal }));
      return address;
    });
    return { registry, close: () => processes.close() };
  } catch (error) {
    await processes.close();
    throw error;
  }
}

function configuration(addr: string, rootdirectory: string) {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory }, delete: { enabled: true } },
    http: { addr },
  };
}

async function answers(address: string): Promise<boolean> {
  const answer = await request(`http://${address}/v2/`).catch(() => undefined);
  await answer?.body.dump();
  return answer?.statusCode === 200;
}
