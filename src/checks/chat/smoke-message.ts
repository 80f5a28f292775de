import { createHash } from 'node:crypto';

/** One smoke message: what is sent, and the id under which the service logs it. */
export interface SmokeMessage {
  readonly message: string;
  /** UUID of version 4 in lower case: the only form that both generations of the service accept. */
  readonly correlationId: string;
}

/** Words that make the planner hand a message to git_agent (service contract, 4.4). */
export const DRIVES_GIT = /git|commit/i;

/**
 * The smoke message of one probe. The nonce keeps a cached answer from passing for a live one (service contract, 4.5). Everything derives from key and number: a repeated probe is recognised in the service's logs.
 */
export function smokeMessage(text: string, key: string, number: number): SmokeMessage {
  const hash = createHash('sha256').update(`${key}#${number}`).digest();
  return { message: `${text} ${hash.toString('hex', 16, 22)}`, correlationId: uuidOf(hash) };
}

/** The first 16 bytes in the form of a version 4 UUID (RFC 9562, section 5.4). */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
