import { connect } from 'node:net';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../src/domain/search-attributes.ts';
import { freePorts } from './ports.ts';
import type { Managed, Processes } from './processes/index.ts';
import { until } from './until.ts';

/** A Temporal dev server on a database file. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
  readonly databaseFile: string;
  readonly pid: () => number;
  /** Kills the server and starts it again on the same ports and database. */
  restart(): Promise<void>;
}

/** The dev server has one history shard that is polled 20 times a second unless told otherwise. */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.transferProcessorMaxPollHostRPS=3000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollHostRPS=3000',
];

export interface TemporalServerOptions {
  readonly ui: boolean;
  /** Default: a file in the folder of the processes, which goes with them. */
  readonly databaseFile?: string;
  /**
   * Whether every transaction waits for the disk. Without it the file survives a killed server, and not a machine that
   * loses power: enough for a sandbox, as with etcd's `--unsafe-no-fsync`.
   */
  readonly fsync: boolean;
}

export async function startTemporalServer(
  processes: Processes,
  program: string,
  options: TemporalServerOptions,
): Promise<TemporalServer> {
  const [port = 0, uiPort = 0, metricsPort = 0] = await freePorts(3);
  const databaseFile = options.databaseFile ?? join(processes.folder, 'temporal.db');
  const args = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', databaseFile],
    ...(options.ui ? ['--ui-port', String(uiPort)] : ['--headless']),
    ...(options.fsync ? [] : ['--sqlite-pragma', 'synchronous=off']),
    ...['--metrics-port', String(metricsPort), '--log-level', 'error'],
    ...Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
  ];
  const start = async (): Promise<Managed> => {
    const server = await processes.start('temporal', program, args, {
      log: join(processes.folder, 'temporal.log'),
    });
    let over = false;
    void server.exited.then(() => {
      over = true;
    });
    await until('the Temporal server', async () => {
      if (over)
        throw new Error(`the Temporal server ended at start; see ${join(processes.folder, 'temporal.log')}`);
      return answers(port);
    });
    return server;
  };
  let server = await start();
  return {
    address: `127.0.0.1:${port}`,
    namespace: 'default',
    ...(options.ui ? { uiUrl: `http://127.0.0.1:${uiPort}` } : {}),
    databaseFile,
    pid: () => server.pid,
    async restart() {
      server.signal('SIGKILL');
      await server.exited;
      server = await start();
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
