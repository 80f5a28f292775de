/**
 * distribution/reference, regexp.go: a name of parts with `/` (the first may have a port), then a tag, a digest, or
 * both.
 */
const IMAGE_REFERENCE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})?$/;
const LENGTH_LIMIT = 500;

/** True for what an engine takes for an image: `localhost:5000/repo:v1@sha256:…`. */
export function isImageReference(image: string): boolean {
  return image.length <= LENGTH_LIMIT && IMAGE_REFERENCE.test(image);
}

/** Where the version begins in a reference: behind the tag's colon or the digest's `@`; its end when it has none. */
export function versionStart(image: string): number {
  const digest = image.indexOf('@');
  const name = digest === -1 ? image : image.slice(0, digest);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon !== -1) return colon + 1;
  return digest === -1 ? image.length : digest + 1;
}
