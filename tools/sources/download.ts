import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvHttpProxyAgent } from 'undici';
import type { Download } from '../catalogue.ts';
import { receive } from '../receipt.ts';
import { checksumOf } from './checksum.ts';
import { lastLine, runCommand } from './command.ts';
import { fetchFile, fetchText } from './fetch.ts';
import type { Found, NotFound, Source, SourceContext } from './source.ts';

/** Without internet the next source is tried at once: resolving and connecting may take this long together. */
const CONNECT_MS = 2500;
const HEADERS_MS = 10_000;
const STALLED_MS = 20_000;
const TOTAL_MS = 10 * 60_000;
/** The largest of these programs is 160 MB unpacked. */
const SIZE_LIMIT = 400 * 1024 * 1024;

/** Limits of one download; tests make them shorter. */
export interface DownloadLimits {
  readonly connectMs: number;
  readonly headersMs: number;
  /** Longest pause in the body, in milliseconds. */
  readonly stalledMs: number;
  readonly totalMs: number;
  /** Largest body, in bytes. */
  readonly bytes: number;
}

const LIMITS: DownloadLimits = {
  connectMs: CONNECT_MS,
  headersMs: HEADERS_MS,
  stalledMs: STALLED_MS,
  totalMs: TOTAL_MS,
  bytes: SIZE_LIMIT,
};

/** The official download, accepted only with its pinned checksum or the one that the vendor puts beside it. */
export const download: Source = createDownload(LIMITS);

/** The download with limits of its own. */
export function createDownload(limits: DownloadLimits): Source {
  return {
    name: 'download',
    async find(context) {
      const { entry, env, sites, signal } = context;
      if (env.RUNBOOK_OFFLINE) return { missing: 'switched off by RUNBOOK_OFFLINE' };
      const what = entry.download(process.platform, process.arch);
      if (!what) return { missing: `none for ${process.platform}/${process.arch}` };
      try {
        return await bring(what, context, limits);
      } catch (error) {
        signal.throwIfAborted();
        return { missing: `${new URL(sites[what.site]).host}: ${reasonOf(error)}` };
      }
    },
  };
}

async function bring(
  what: Download,
  context: SourceContext,
  limits: DownloadLimits,
): Promise<Found | NotFound> {
  const { name, entry, folder, sites, progress } = context;
  const address = (path: string) => new URL(path, `${sites[what.site]}/`).href;
  const dispatcher = proxyAwareAgent(context.env, limits);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(limits.totalMs)]);
  const temporary = await mkdtemp(join(folder, '.download-'));
  try {
    const transfer = { dispatcher, signal };
    const expected =
      what.sha256 ?? checksumOf(what.path, await fetchText(address(what.checksumPath), transfer));
    if (!expected) return { missing: `no checksum in ${address(what.checksumPath)}` };
    const file = join(temporary, 'download');
    const label = `downloading ${name} ${entry.version}`;
    const actual = await fetchFile(address(what.path), file, {
      ...transfer,
      sizeLimit: limits.bytes,
      progress: (line) => progress(`${label}: ${line}`),
    });
    if (actual !== expected) return { missing: `${address(what.path)} has the wrong checksum ${actual}` };
    return await receive(what.member ? await unpack(file, what.member, context) : file, context);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await dispatcher.destroy();
  }
}

async function unpack(archive: string, member: string, context: SourceContext): Promise<string> {
  const folder = join(archive, '..');
  const { code, output } = await runCommand('tar', ['-xzf', archive, '-C', folder, member], {
    env: context.env,
    signal: context.signal,
    progress: context.progress,
    label: `unpacking ${context.name}`,
    timeoutMs: 120_000,
  });
  if (code !== 0) throw new Error(`tar: ${lastLine(output)}`);
  const program = join(folder, 'unpacked');
  await rename(join(folder, member), program);
  return program;
}

function proxyAwareAgent(env: NodeJS.ProcessEnv, limits: DownloadLimits): EnvHttpProxyAgent {
  return new EnvHttpProxyAgent({
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
    noProxy: [env.no_proxy ?? env.NO_PROXY, '127.0.0.1', 'localhost'].filter(Boolean).join(','),
    connect: { timeout: limits.connectMs },
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.stalledMs,
  });
}

function reasonOf(error: unknown): string {
  const { code, message, cause } = error as Error & { code?: string; cause?: { code?: string } };
  return (typeof code === 'string' && code) || cause?.code || message;
}
