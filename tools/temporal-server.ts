import { connect } from 'node:net';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../src/domain/request/search-attributes.ts';
import { onFreePorts } from './ports.ts';
import { type Kept, keep, type Managed, type Processes, whileRunning } from './processes/index.ts';
import { until } from './until.ts';

/** A Temporal dev server on a database file. */
export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl?: string;
  readonly databaseFile: string;
  readonly pid: () => number;
  /** The server as a process that can be killed and brought back on the same ports and database. */
  readonly process: Kept;
  /** Kills the server and starts it again. */
  restart(): Promise<void>;
}

/**
 * The dev server has one history shard that is polled 20 times a second unless told otherwise. And it asks its database
 * anew for the search attributes of the namespace whenever one is written, some 70 times in a run.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.transferProcessorMaxPollHostRPS=3000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollHostRPS=3000',
  'system.forceSearchAttributesCacheRefreshOnRead=false',
];

/** The server asks for the name of its user, and does not start for one without an account, as in many containers. */
const USER_NAME = process.env.USER || 'runbook';

export interface TemporalServerOptions {
  readonly ui: boolean;
  /** Default: a file in the folder of the processes, which goes with them. */
  readonly databaseFile?: string;
  /**
   * Whether every transaction waits for the disk. Without it the file survives a killed server, and not a machine that
   * loses power: enough for a sandbox, as with etcd's `--unsafe-no-fsync`.
   */
  readonly fsync: boolean;
  /** Ends the waiting for it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts the server and waits until it answers.
 * @throws ProcessEnded with the end of its log when it does not come up.
 */
export async function startTemporalServer(
  processes: Processes,
  program: string,
  options: TemporalServerOptions,
): Promise<TemporalServer> {
  const databaseFile = options.databaseFile ?? join(processes.folder, 'temporal.db');
  const log = join(processes.folder, 'temporal.log');
  return onFreePorts(3, async ([port = 0, uiPort = 0, metricsPort = 0]) => {
    const args = [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', databaseFile],
      ...(options.ui ? ['--ui-port', String(uiPort)] : ['--headless']),
      // One wait for the disk a transaction instead of two, and readers never wait for writers.
      ...['--sqlite-pragma', 'journal_mode=wal'],
      ...(options.fsync ? [] : ['--sqlite-pragma', 'synchronous=off']),
      ...['--metrics-port', String(metricsPort), '--log-level', 'error'],
      ...Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
    ];
    const start = async (): Promise<Managed> => {
      const server = await processes.start('temporal', program, args, { log, env: { USER: USER_NAME } });
      // One port may be answered by a stranger who took it before us, and ours would end a moment later: ask at all.
      // The web interface listens last, and its address is handed out as one that works.
      const ports = options.ui ? [port, metricsPort, uiPort] : [port, metricsPort];
      const up = async () =>
        (await Promise.all(ports.map(answers))).every(Boolean) && (await serves(`127.0.0.1:${port}`));
      await whileRunning(
        [server],
        (signal) => until('the Temporal server', up, { signal }),
        options.signal,
      ).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return server;
    };
    const server = await keep(start);
    return {
      address: `127.0.0.1:${port}`,
      namespace: 'default',
      ...(options.ui ? { uiUrl: `http://127.0.0.1:${uiPort}` } : {}),
      databaseFile,
      pid: server.pid,
      process: server,
      restart: server.restart,
    };
  });
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

/** The server listens a moment before it serves: "Frontend is not healthy yet". */
async function serves(address: string): Promise<boolean> {
  const connection = Connection.lazy({ address, connectTimeout: '2s' });
  try {
    await connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
