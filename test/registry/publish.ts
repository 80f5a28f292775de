/** Puts images into a registry by its API alone: two blobs and a manifest. */
import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { RegistryRepository } from '../../src/registry/index.ts';

const TYPES = {
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;
/** The end of an archive, and nothing before it. */
const EMPTY_TAR = Buffer.alloc(1024);

export interface Published {
  readonly digest: string;
  /** Digest of the config: the id of the image. */
  readonly imageId: string;
  readonly mediaType: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
}

export interface ImageContent {
  readonly created?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

/** Publishes an image of an empty layer; without a tag it has its digest alone. */
export async function publishImage(
  where: RegistryRepository,
  tag?: string,
  { created = '2026-01-02T03:04:05Z', architecture = 'amd64', variant }: ImageContent = {},
): Promise<Published> {
  const layer = { mediaType: TYPES.layer, digest: digestOf(EMPTY_TAR), size: EMPTY_TAR.length };
  const config = json({
    created,
    os: 'linux',
    architecture,
    ...(variant ? { variant } : {}),
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  await upload(where, EMPTY_TAR);
  await upload(where, config);
  const imageId = digestOf(config);
  const manifest = json({
    schemaVersion: 2,
    mediaType: TYPES.manifest,
    config: { mediaType: TYPES.config, digest: imageId, size: config.length },
    layers: [layer],
  });
  return { ...(await putManifest(where, tag, TYPES.manifest, manifest)), imageId };
}

/** Publishes an index of images for several platforms. */
export async function publishIndex(
  where: RegistryRepository,
  tag: string,
  images: readonly (Published & { readonly platform: Readonly<Record<string, string>> })[],
): Promise<Omit<Published, 'imageId'>> {
  const manifests = images.map(({ digest, mediaType, size, platform }) => ({
    mediaType,
    digest,
    size,
    platform,
  }));
  return putManifest(where, tag, TYPES.index, json({ schemaVersion: 2, manifests }));
}

/** SHA-256 as registries write it. */
export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

async function putManifest(
  where: RegistryRepository,
  tag: string | undefined,
  mediaType: string,
  content: Buffer,
) {
  const digest = digestOf(content);
  await expectStatus(201, `${base(where)}/manifests/${tag ?? digest}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: content,
  });
  return { digest, mediaType, size: content.length };
}

async function upload(where: RegistryRepository, content: Buffer): Promise<void> {
  const begun = await expectStatus(202, `${base(where)}/blobs/uploads/`, { method: 'POST' });
  const url = new URL(String(begun.location), base(where));
  url.searchParams.set('digest', digestOf(content));
  const headers = { 'content-type': 'application/octet-stream' };
  await expectStatus(201, url.href, { method: 'PUT', headers, body: content });
}

function base({ registry, repository }: RegistryRepository): string {
  return `http://${registry}/v2/${repository}`;
}

async function expectStatus(status: number, url: string, options: Parameters<typeof request>[1]) {
  const answer = await request(url, options);
  const text = await answer.body.text();
  if (answer.statusCode !== status)
    throw new Error(`${options?.method} ${url}: ${answer.statusCode} ${text}`);
  return answer.headers;
}
