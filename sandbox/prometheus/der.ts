/** What of DER (ITU-T X.690) a certificate is made of. */

/** A value with its tag and length. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, ...lengthOf(content.length)), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0));
export const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value));
export const octets = (...parts: readonly Uint8Array[]): Buffer => tagged(0x04, ...parts);
/** A bit string without unused bits. */
export const bits = (content: Uint8Array): Buffer => tagged(0x03, Buffer.of(0), content);
/** A positive whole number, from its bytes: the fewest that tell it, or readers refuse it. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const least = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  return tagged(0x02, (least[0] ?? 0) & 0x80 ? Buffer.of(0) : Buffer.alloc(0), least);
}

/** An object identifier, written `1.2.840.10045.4.3.2`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** A GeneralizedTime, in whole seconds. */
export function time(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
}
