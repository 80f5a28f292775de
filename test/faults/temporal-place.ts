import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Sandbox } from '../../sandbox/index.ts';
import { locateTools } from '../../tools/index.ts';
import { startTemporalServer } from '../../tools/temporal-server.ts';
import type { TemporalPlace, Trial } from './trial.ts';

/** A Temporal server of one trial's own, on a database file of its own: it is killed without anybody else noticing. */
async function openTemporalPlace(
  { processes, folder }: Sandbox,
  name: string,
): Promise<TemporalPlace & { close(): Promise<void> }> {
  const { temporal: program } = await locateTools(['temporal']);
  const databaseFile = join(folder, `${name}.db`);
  const temporal = await startTemporalServer(processes, program.path, {
    ui: false,
    fsync: false,
    databaseFile,
  });
  const connection = await Connection.connect({ address: temporal.address });
  return {
    temporal,
    client: new Client({ connection }),
    async close() {
      await connection.close();
      process.kill(temporal.pid(), 'SIGKILL');
    },
  };
}

/** A trial at a Temporal server of its own, which goes with it. */
export async function atOwnServer(
  sandbox: Sandbox,
  name: string,
  open: (place: TemporalPlace) => Promise<Trial>,
): Promise<Trial> {
  const place = await openTemporalPlace(sandbox, name);
  const trial = await open(place);
  return {
    ...trial,
    async close() {
      await trial.close();
      await place.close();
    },
  };
}
