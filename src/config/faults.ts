import type { Document } from 'yaml';
import { isMap, isPair, isScalar } from 'yaml';
import type { core } from 'zod';
import { holdsSecret, MASK } from '../domain/redact.ts';
import { REFERENCE } from '../schema-parts/secret-reference.ts';

/** Something wrong in the file: where, and what. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Offset in the text; without it the place is found by path. */
  readonly offset?: number;
  /** The key itself is wrong, not its value. */
  readonly atKey?: boolean;
  /** The wrong key stands where a secret belongs: it may be one, and is not shown. */
  readonly hidesKey?: boolean;
}

/**
 * The faults that zod found in a value, one for each wrong key. What stands in the file is never repeated: it may
 * be a secret.
 */
export function faultsOf(issues: readonly core.$ZodIssue[], written: unknown): readonly Fault[] {
  const faults = flatten(issues, [], written);
  // "Exactly one of" says nothing new where something inside is wrong already.
  return faults.filter(
    ({ path, general }) =>
      !general || !faults.some((other) => other.path.length > path.length && isIn(other, path)),
  );
}

function isIn(fault: Fault, path: readonly PropertyKey[]): boolean {
  return path.every((part, index) => fault.path[index] === part);
}

function flatten(
  issues: readonly core.$ZodIssue[],
  above: readonly PropertyKey[],
  written: unknown,
): readonly (Fault & { readonly general?: boolean })[] {
  return issues.flatMap((issue): readonly (Fault & { readonly general?: boolean })[] => {
    const path = [...above, ...issue.path];
    switch (issue.code) {
      case 'unrecognized_keys': {
        const hidesKey = issue.message === REFERENCE;
        const { message } = issue;
        return issue.keys.map((key) => ({ path: [...path, key], message, atKey: true, hidesKey }));
      }
      case 'invalid_key':
        return [{ path, message: issue.issues[0]?.message ?? issue.message, atKey: true }];
      case 'invalid_union': {
        // Of the forms that a value may have, the one that is not wrong at its root was meant; a key too many inside it is.
        const meant = issue.errors.find((branch) =>
          branch.every(({ path: inner, code }) => inner.length > 0 || code === 'unrecognized_keys'),
        );
        return meant ? flatten(meant, path, written) : [{ path, message: issue.message }];
      }
      case 'custom':
        return [{ path, message: issue.message, general: true }];
      default:
        return [{ path, message: valueAt(written, path) === undefined ? 'missing' : worded(issue.message) }];
    }
  });
}

function valueAt(written: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    written,
  );
}

function worded(message: string): string {
  return message.replace(/^Invalid (input|option): /, '').replace(/^Too (small|big): /, '');
}

/** `runbook.yaml:12:7 services.orchestrator.endpoint: missing` */
export function describeFault(
  file: string,
  fault: Fault,
  { line, col }: { readonly line: number; readonly col: number },
): string {
  const path = fault.path
    .map((part, index) => shownPart(part, fault, index === fault.path.length - 1))
    .join('');
  const place = path.startsWith('.') ? path.slice(1) : path;
  return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)} ${place === '' ? '' : `${place}: `}${fault.message}`;
}

/** A part of a path as it may be repeated: a key is as free a text as a value, and may be a secret as well. */
function shownPart(part: PropertyKey, { atKey, hidesKey }: Fault, isLast: boolean): string {
  if (typeof part === 'number') return `[${part}]`;
  const text = String(part);
  const isWrong = isLast && atKey === true;
  // No key of the schema has a digit; the name of a service may, in small letters.
  const isGenerated = text.length >= 8 && /\d/.test(text) && (isWrong || !/^[a-z0-9-]+$/.test(text));
  if ((isLast && hidesKey) || isGenerated || holdsSecret(text)) return `.${MASK}`;
  return `.${text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .slice(0, 63)
    .toWellFormed()}`;
}

/** Where a path begins in the text; where it is missing, the nearest thing above it that is there. */
export function offsetOf(document: Document, { path, atKey, offset }: Fault): number {
  if (offset !== undefined) return offset;
  for (let length = path.length; length > 0; length -= 1) {
    const [parent, last] = [path.slice(0, length - 1), path[length - 1]];
    const map = parent.length === 0 ? document.contents : document.getIn(parent, true);
    const pair = isMap(map)
      ? map.items.find((item) => isPair(item) && keyOf(item.key) === String(last))
      : undefined;
    const isWhole = length === path.length;
    const node =
      pair && ((isWhole && atKey) || !isWhole) ? pair.key : document.getIn(path.slice(0, length), true);
    const range = rangeOf(node) ?? rangeOf(pair?.key);
    if (range !== undefined) return range;
  }
  return 0;
}

function keyOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  return Array.isArray(node.range) ? (node.range[0] as number) : undefined;
}
