import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { request } from 'undici';

export const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** Something that a registry keeps under the hash of its contents. */
export interface Blob {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** The writing half of the Distribution API, as far as the sandbox publishes images. */
export interface Distribution {
  /** Uploads contents whose hash is not known before they have passed by. */
  putBlob(repository: string, contents: Buffer | Readable): Promise<Blob>;
  /** Makes a blob of one repository part of another without sending it again. */
  mountBlob(from: string, repository: string, digest: string): Promise<void>;
  /** @returns the manifest's digest. */
  putManifest(repository: string, reference: string, manifest: string): Promise<string>;
  getManifest(repository: string, reference: string): Promise<string>;
  deleteManifest(repository: string, digest: string): Promise<void>;
}

const TIMEOUT_MS = 30_000;

/** Talks to a registry that asks for no credentials. */
export function openDistribution(url: string): Distribution {
  async function call(
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    address: string,
    headers: Record<string, string> = {},
    body: Buffer | string | Readable | null = null,
  ): Promise<{ readonly text: string; readonly location: string; readonly digest: string }> {
    const response = await request(new URL(address, url), {
      method,
      headers,
      body,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${address}: ${response.statusCode} ${text}`);
    const header = (name: string) => String(response.headers[name] ?? '');
    return { text, location: header('location'), digest: header('docker-content-digest') };
  }

  return {
    async putBlob(repository, contents) {
      const hash = createHash('sha256');
      let size = 0;
      async function* passing() {
        for await (const chunk of contents instanceof Buffer ? [contents] : contents) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      }
      const session = await call('POST', `/v2/${repository}/blobs/uploads/`);
      const type = { 'content-type': 'application/octet-stream' };
      const sent = await call('PATCH', session.location, type, Readable.from(passing()));
      const digest = `sha256:${hash.digest('hex')}`;
      const end = new URL(sent.location, url);
      end.searchParams.set('digest', digest);
      await call('PUT', end.href);
      return { digest, size };
    },
    async mountBlob(from, repository, digest) {
      await call('POST', `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`);
    },
    async putManifest(repository, reference, manifest) {
      const path = `/v2/${repository}/manifests/${reference}`;
      return (await call('PUT', path, { 'content-type': MANIFEST_TYPE }, manifest)).digest;
    },
    async getManifest(repository, reference) {
      return (await call('GET', `/v2/${repository}/manifests/${reference}`, { accept: MANIFEST_TYPE })).text;
    },
    async deleteManifest(repository, digest) {
      await call('DELETE', `/v2/${repository}/manifests/${digest}`);
    },
  };
}
