import type { ObjectMeta } from '../api/resources.ts';
import type { ConfigObject } from './content.ts';

/** An object that was read a moment ago, without its values. */
export interface SeenObject {
  readonly metadata: ObjectMeta;
  /** None where its metadata alone was asked for. */
  readonly keys?: readonly string[];
}

/** What is kept of an object that was read. Pure. */
export function seenObject(object: ConfigObject, isWhole: boolean): SeenObject {
  return { metadata: object.metadata, ...(isWhole ? { keys: keysIn(object) } : {}) };
}

/** The keys of an object. Pure. */
export function keysIn({ data = {}, binaryData = {} }: ConfigObject): readonly string[] {
  return [...Object.keys(data), ...Object.keys(binaryData)];
}
