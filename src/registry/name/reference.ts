import { DOCKER_HUB } from './docker-hub.ts';

/** A repository of a registry. */
export interface RegistryRepository {
  /** Host and port that are asked over HTTP: `registry-1.docker.io`, `127.0.0.1:5000`. */
  readonly registry: string;
  /** `library/nginx`, `phoenix/orchestrator`. */
  readonly repository: string;
}

/** What an image reference names. With neither tag nor digest Docker means the tag `latest`. */
export interface RegistryImage extends RegistryRepository {
  readonly tag?: string;
  readonly digest?: string;
}

/** Longest name, registry included, in characters (distribution/reference, NameTotalLengthMax). */
const LONGEST_NAME = 255;

// The grammar of distribution/reference, regexp.go.
const PATH_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PATH_PART}(?:/${PATH_PART})*$`);
const HOST_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const REGISTRY = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
/** An image id, whole or without its algorithm: Docker takes it for no name. */
const IMAGE_ID = /^(?:sha256:)?[a-f0-9]{64}$/;

/** True for what may stand behind the colon of an image reference. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** True for a digest of an algorithm that Docker knows. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** True for a name that a registry may have, so that nothing of it can change the path of a request. */
export function isRepository(text: string): boolean {
  return text.length <= LONGEST_NAME && REPOSITORY.test(text);
}

/**
 * Reads an image reference as Docker does (distribution/reference, ParseNormalizedNamed): without a registry it is
 * Docker Hub, there without a folder it is `library/`.
 * @returns undefined for what is no reference, an image id included; it never throws.
 */
export function parseReference(image: string): RegistryImage | undefined {
  // Longer than any name, tag and digest together.
  if (image.length > 1024 || IMAGE_ID.test(image)) return undefined;
  const [named = '', digest, ...more] = image.split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  // The last colon belongs to a tag only behind the last slash; before it, it is a port.
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !isTag(tag)) return undefined;
  const repository = splitName(hasTag ? named.slice(0, colon) : named);
  if (!repository) return undefined;
  return {
    ...repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function splitName(name: string): RegistryRepository | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const path = name.slice(slash + 1);
  if (!isHost(first)) return REPOSITORY.test(name) ? onDockerHub(name) : undefined;
  if (!REPOSITORY.test(path)) return undefined;
  if (DOCKER_HUB.names.some((hub) => hub === first)) return onDockerHub(path);
  // The grammar lets through what no address can be, such as port 70000.
  const isAddress = REGISTRY.test(first) && URL.canParse(`https://${first}/`);
  return isAddress ? { registry: first, repository: path } : undefined;
}

/** A first part with a dot, a colon or a capital letter is a host: no folder of Docker Hub has one (normalize.go). */
function isHost(part: string): boolean {
  return part === 'localhost' || /[.:A-Z]/.test(part);
}

function onDockerHub(path: string): RegistryRepository {
  return { registry: DOCKER_HUB.host, repository: path.includes('/') ? path : `library/${path}` };
}
