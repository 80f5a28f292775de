import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Download } from '../../../tools/catalogue.ts';
import { createDownload, type DownloadLimits } from '../../../tools/sources/download.ts';
import type { SourceContext } from '../../../tools/sources/source.ts';
import { contextWith, ENTRY, etcdOf, serve, temporaryFolder, writeProgram } from '../surroundings.ts';

const LIMITS: DownloadLimits = {
  connectMs: 1000,
  headersMs: 1000,
  stalledMs: 1000,
  totalMs: 10_000,
  bytes: 1_000_000,
};
const PROGRAM = Buffer.from(`#!/bin/sh\n${etcdOf('3.6.8')}\n`);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

type Answers = Readonly<Record<string, { status?: number; body?: Buffer | string; location?: string }>>;

function serveAnswers(answers: Answers): Promise<string> {
  return serve((request, response) => {
    const { status = 200, body = '', location } = answers[request.url ?? ''] ?? { status: 404 };
    response.writeHead(status, location ? { location } : {}).end(body);
  });
}

async function contextAt(base: string, what: Partial<Download> = {}): Promise<SourceContext> {
  const download: Download = { site: 'github', path: 'v1/etcd', checksumPath: 'v1/SUMS', ...what };
  return contextWith({
    entry: { ...ENTRY, download: () => download },
    sites: { kubernetes: base, github: base },
    env: { PATH: process.env.PATH },
  });
}

test('brings a program whose checksum stands beside it', async () => {
  const sums = `${'0'.repeat(64)}  other\n${sha256(PROGRAM)}  etcd\n`;
  const context = await contextAt(
    await serveAnswers({ '/v1/SUMS': { body: sums }, '/v1/etcd': { body: PROGRAM } }),
  );
  const path = join(context.folder, 'etcd');
  expect(await createDownload(LIMITS).find(context)).toEqual({ path, version: '3.6.8' });
  expect(await readFile(path)).toEqual(PROGRAM);
  expect(await readdir(context.folder)).toEqual(['etcd', 'etcd.bytes']);
});

test('follows redirects and keeps a mirror below a path', async () => {
  const base = await serveAnswers({
    '/mirror/v1/etcd': { status: 302, location: '/elsewhere?token=1' },
    '/elsewhere?token=1': { body: PROGRAM },
  });
  const context = await contextAt(`${base}/mirror`, { sha256: sha256(PROGRAM) });
  expect(await createDownload(LIMITS).find(context)).toHaveProperty('version', '3.6.8');
});

test('goes through the proxy that the environment names', async () => {
  const mirror = await serveAnswers({ '/v1/etcd': { body: PROGRAM } });
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client) => {
    asked.push(request.url ?? '');
    const upstream = connect(Number(new URL(mirror).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  proxy.on('request', (request, response) => {
    asked.push(new URL(request.url ?? '').host);
    response.end(PROGRAM);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close().closeAllConnections());
  const { port } = proxy.address() as AddressInfo;
  const context = await contextAt('http://mirror.invalid', { sha256: sha256(PROGRAM) });
  const env = { ...context.env, http_proxy: `http://127.0.0.1:${port}` };
  expect(await createDownload(LIMITS).find({ ...context, env })).toHaveProperty('version', '3.6.8');
  expect(asked.join()).toMatch(/^mirror\.invalid(:80)?$/);
});

test('takes the program out of an archive', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'etcd-v3'));
  await writeProgram(join(folder, 'etcd-v3', 'etcd'), etcdOf('3.6.8'));
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', folder, 'etcd-v3/etcd']);
  const archive = await readFile(join(folder, 'a.tar.gz'));
  const base = await serveAnswers({ '/v1/etcd.tar.gz': { body: archive } });
  const context = await contextAt(base, {
    path: 'v1/etcd.tar.gz',
    member: 'etcd-v3/etcd',
    sha256: sha256(archive),
  });
  expect(await createDownload(LIMITS).find(context)).toHaveProperty('version', '3.6.8');
  const lacking = await contextAt(base, {
    path: 'v1/etcd.tar.gz',
    member: 'etcd-v3/other',
    sha256: sha256(archive),
  });
  expect(await createDownload(LIMITS).find(lacking)).toEqual({ missing: expect.stringMatching(/tar: /) });
});

const sums = { body: `${sha256(PROGRAM)}  etcd\n` };
test.each<[string, Answers, RegExp]>([
  [
    'has another checksum',
    { '/v1/SUMS': { body: `${'0'.repeat(64)}  etcd\n` }, '/v1/etcd': { body: PROGRAM } },
    /wrong checksum/,
  ],
  ['has no checksum', { '/v1/SUMS': { body: 'nothing\n' }, '/v1/etcd': { body: PROGRAM } }, /no checksum in/],
  ['has no checksum file', { '/v1/etcd': { body: PROGRAM } }, /HTTP 404/],
  ['is not there', { '/v1/SUMS': sums }, /HTTP 404/],
  ['is answered with an error', { '/v1/SUMS': sums, '/v1/etcd': { status: 503 } }, /HTTP 503/],
  [
    'is redirected for ever',
    { '/v1/SUMS': { status: 301, location: '/v1/SUMS' } },
    /127\.0\.0\.1:\d+: too many redirects/,
  ],
])('refuses a download that %s and leaves nothing behind', async (_, answers, reason) => {
  const context = await contextAt(await serveAnswers(answers));
  expect(await createDownload(LIMITS).find(context)).toEqual({ missing: expect.stringMatching(reason) });
  expect(await readdir(context.folder)).toEqual([]);
});

test.each<[string, RequestListener]>([
  ['before its body when it announces it', (_, response) => void sendHeaders(response, 4_000_000)],
  [
    'on the way when it does not',
    (_, response) => {
      const block = Buffer.alloc(100_000);
      const more = () => {
        while (response.writable && response.write(block));
      };
      response.on('drain', more);
      more();
    },
  ],
])('stops a download larger than the limit %s', async (_, listener) => {
  const context = await contextAt(await serve(listener), { sha256: sha256(PROGRAM) });
  expect(await createDownload(LIMITS).find(context)).toEqual({
    missing: expect.stringMatching(/larger than 1 MB/),
  });
  expect(await readdir(context.folder)).toEqual([]);
});

function sendHeaders(response: ServerResponse, length: number): void {
  response.setHeader('content-length', length);
  response.flushHeaders();
}

test.each([
  ['before its headers', false],
  ['in its body', true],
])('gives up on a server that hangs %s', async (_, withHeaders) => {
  const base = await serve((_request, response) => {
    if (withHeaders) response.write('the beginning');
  });
  const context = await contextAt(base, { sha256: sha256(PROGRAM) });
  const started = performance.now();
  expect(await createDownload({ ...LIMITS, totalMs: 300 }).find(context)).toHaveProperty('missing');
  expect(performance.now() - started).toBeLessThan(3000);
  expect(await readdir(context.folder)).toEqual([]);
});

test('gives up at once where nothing listens', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const context = await contextAt(`http://127.0.0.1:${port}`);
  expect(await createDownload(LIMITS).find(context)).toEqual({
    missing: `127.0.0.1:${port}: ECONNREFUSED`,
  });
});

test('gives up at once where the name cannot be resolved', async () => {
  const context = await contextAt('https://downloads.invalid');
  const started = performance.now();
  expect(await createDownload(LIMITS).find(context)).toEqual({
    missing: expect.stringMatching(/^downloads\.invalid: (ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/),
  });
  expect(performance.now() - started).toBeLessThan(3000);
});

test('an abort ends a running download with its reason', async () => {
  const base = await serve((_request, response) => response.write('the beginning'));
  const abort = new AbortController();
  const context = await contextAt(base, { sha256: sha256(PROGRAM) });
  const finding = createDownload(LIMITS).find({
    ...context,
    signal: abort.signal,
    progress: () => abort.abort(new Error('enough')),
  });
  await expect(finding).rejects.toThrow('enough');
  expect(await readdir(context.folder)).toEqual([]);
});

test('is not tried where it is switched off or does not exist for the machine', async () => {
  const context = await contextAt('http://127.0.0.1:1');
  expect(await createDownload(LIMITS).find({ ...context, env: { RUNBOOK_OFFLINE: '1' } })).toEqual({
    missing: 'switched off by RUNBOOK_OFFLINE',
  });
  expect(await createDownload(LIMITS).find(await contextWith())).toEqual({
    missing: `none for ${process.platform}/${process.arch}`,
  });
});
