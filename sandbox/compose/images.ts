import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { behaviourOfImage } from '../orchestrator/images.ts';
import type { BehaviourWish } from '../orchestrator/index.ts';
import { MANIFEST_TYPE, openDistribution } from './distribution.ts';
import { IN_IMAGE, packLayer } from './layer.ts';
import type { SandboxRegistry } from './registry.ts';

/** An image that the registry has. */
export interface PublishedImage {
  /** Registry, repository and tag, as a compose file names it. */
  readonly reference: string;
  /** Digest of its manifest. */
  readonly digest: string;
  /** Digest of its configuration: what an engine (with its classic image store) calls the image's id. */
  readonly imageId: string;
}

export interface PublishOptions {
  /** Default: what the tag stands for (sandbox/orchestrator/images.ts). */
  readonly behaviour?: BehaviourWish;
  /** When the image says it was built, RFC 3339. Default: always the same moment. */
  readonly created?: string;
  /** Default: `phoenix-orch`. */
  readonly repository?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What runs instead of the stand-in, by the image's Node: `['node', '-e', script]`. */
  readonly entrypoint?: readonly string[];
}

/** Publishes images of the stand-in orchestrator. The same arguments give the same image. */
export interface SandboxImages {
  /** Registry and repository of the images. */
  readonly repository: string;
  /**
   * Publishes a version, under a tag that may be there already.
   * @throws Error when the tag stands for no behaviour and none is given.
   */
  publish(version: string, options?: PublishOptions): Promise<PublishedImage>;
  /** Lets a tag point to the image of another; both must be of one repository. @returns its digest. */
  retag(from: string, to: string, repository?: string): Promise<string>;
  /** Takes the tag away; the image can still be had by its digest. */
  deleteTag(version: string, repository?: string): Promise<void>;
  /** Takes the image itself away, with every tag that points to it. */
  deleteImage(digest: string, repository?: string): Promise<void>;
}

const REPOSITORY = 'phoenix-orch';
const CREATED = '2026-01-01T00:00:00Z';
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Brings the one layer that all images share (Node, about 130 MB) into the registry.
 * @param folder an empty place for what is packed.
 */
export async function openImages(registry: SandboxRegistry, folder: string): Promise<SandboxImages> {
  const distribution = openDistribution(registry.url);
  await mkdir(folder);
  const { archive, libraryFolders } = await packLayer(folder);
  const layer = await distribution.putBlob(REPOSITORY, archive);
  const present = new Set([REPOSITORY]);

  return {
    repository: `${registry.address}/${REPOSITORY}`,
    async publish(
      version,
      { behaviour = behaviourOfImage(`:${version}`), repository = REPOSITORY, ...rest } = {},
    ) {
      if (behaviour === undefined) throw new Error(`the tag ${version} stands for no behaviour: give one`);
      if (!present.has(repository)) await distribution.mountBlob(REPOSITORY, repository, layer.digest);
      present.add(repository);
      const config = Buffer.from(
        JSON.stringify(configuration({ version, behaviour, libraryFolders, layer: layer.digest, ...rest })),
      );
      const { digest: imageId } = await distribution.putBlob(repository, config);
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          size: config.length,
          digest: imageId,
        },
        layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar', ...layer }],
      });
      const digest = await distribution.putManifest(repository, version, manifest);
      return { reference: `${registry.address}/${repository}:${version}`, digest, imageId };
    },
    retag: async (from, to, repository = REPOSITORY) =>
      distribution.putManifest(repository, to, await distribution.getManifest(repository, from)),
    async deleteTag(version, repository = REPOSITORY) {
      // The registry's own API deletes images only; that tags may go alone is a younger part of the specification.
      await rm(join(registry.repositories, repository, '_manifests/tags', version), { recursive: true });
    },
    deleteImage: (digest, repository = REPOSITORY) => distribution.deleteManifest(repository, digest),
  };
}

function configuration(
  image: {
    readonly version: string;
    readonly behaviour: BehaviourWish;
    readonly libraryFolders: readonly string[];
    readonly layer: string;
  } & Pick<PublishOptions, 'created' | 'labels' | 'entrypoint'>,
): object {
  const { version, behaviour, created = CREATED, labels = {} } = image;
  const { entrypoint = [IN_IMAGE.node, IN_IMAGE.program] } = image;
  const text = typeof behaviour === 'string' ? behaviour : JSON.stringify(behaviour);
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    created,
    config: {
      Env: [
        'PATH=/usr/local/bin',
        `LD_LIBRARY_PATH=${image.libraryFolders.join(':')}`,
        `ORCH_BEHAVIOUR=${text}`,
      ],
      Entrypoint: entrypoint,
      WorkingDir: '/app',
      Labels: { 'org.opencontainers.image.version': version, ...labels },
    },
    rootfs: { type: 'layers', diff_ids: [image.layer] },
    history: [{ created, created_by: 'sandbox' }],
  };
}
