import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { onFreePorts } from '../../tools/ports.ts';
import { type Kept, keep, type Managed, type Processes, whileRunning } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';

/** A registry on the loopback interface, which Docker reaches over plain HTTP. */
export interface SandboxRegistry {
  /** `127.0.0.1:<port>`: the first part of an image's reference. */
  readonly address: string;
  readonly url: string;
  /** Folder with its repositories (layout of the Distribution project's file system driver). */
  readonly repositories: string;
  readonly log: string;
  readonly process: Kept;
  /** The registry is gone: connections are refused. */
  stop(): Promise<void>;
  /** It is back, on the same port and with the same contents. */
  start(): Promise<void>;
}

/**
 * Starts a registry and waits until it answers.
 * @throws ProcessEnded with the end of its log when it does not come up.
 */
export async function startRegistry(
  processes: Processes,
  program: string,
  signal?: AbortSignal,
): Promise<SandboxRegistry> {
  const folder = join(processes.folder, 'registry');
  await mkdir(folder);
  const log = join(folder, 'registry.log');
  return onFreePorts(1, async ([port = 0]) => {
    const address = `127.0.0.1:${port}`;
    const config = join(folder, 'config.json');
    // JSON is YAML.
    await writeFile(config, JSON.stringify(configuration(address, join(folder, 'data'))));
    const begin = async (): Promise<Managed> => {
      const registry = await processes.start('docker-registry', program, ['serve', config], {
        log,
        env: { OTEL_TRACES_EXPORTER: 'none' },
      });
      const up = (within: AbortSignal) =>
        until('the registry', () => answers(`http://${address}/v2/`), { signal: within, everyMs: 20 });
      await whileRunning([registry], up, signal).catch(async (error: unknown) => {
        await registry.stop();
        throw error;
      });
      return registry;
    };
    const running = await keep(begin);
    return {
      address,
      url: `http://${address}`,
      repositories: join(folder, 'data/docker/registry/v2/repositories'),
      log,
      process: running,
      stop: running.kill,
      start: running.start,
    };
  });
}

function configuration(addr: string, rootdirectory: string): object {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr, secret: 'of this sandbox alone' },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 2_000, bodyTimeout: 2_000 });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
