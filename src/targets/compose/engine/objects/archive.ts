/** A header and each piece of content is a multiple of this, in bytes (POSIX.1-1990, ustar). */
const BLOCK = 512;

/** The content of the first regular file in an archive as the engine sends it; nothing where there is none. */
export function firstFileIn(archive: Buffer): Buffer | undefined {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(header.toString('latin1', 124, 136).replaceAll('\0', '').trim(), 8);
    if (Number.isNaN(size)) return undefined;
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    const type = header.toString('latin1', 156, 157);
    if (type === '0' || type === '\0') return content.length === size ? content : undefined;
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}
