/**
 * Finds a file's SHA-256 in a checksum file: the hash alone (dl.k8s.io), or lines of `<hash>  <name>` as sha256sum
 * writes them.
 */
export function checksumOf(path: string, checksums: string): string | undefined {
  const alone = /^\s*([0-9a-f]{64})\s*$/i.exec(checksums);
  if (alone) return alone[1]?.toLowerCase();
  const file = path.slice(path.lastIndexOf('/') + 1);
  for (const line of checksums.split('\n')) {
    const [, hash, name] = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line) ?? [];
    if (name === file) return hash?.toLowerCase();
  }
  return undefined;
}
