import type { LabelSelector } from '../api/resources.ts';

export type Labels = Readonly<Record<string, string>>;

/** One requirement of a selector of labels, or of a node's (core/v1, NodeSelectorRequirement). */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** Whether a requirement holds; undefined for an operator that is not known here. Pure. */
export function holds({ key, operator, values = [] }: Requirement, labels: Labels): boolean | undefined {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isWhole(value) && isWhole(values[0]) && Number(value) > Number(values[0]);
    case 'Lt':
      return isWhole(value) && isWhole(values[0]) && Number(value) < Number(values[0]);
    default:
      return undefined;
  }
}

/**
 * Whether a selector selects what has these labels; an empty one selects all (meta/v1, LabelSelector). One that cannot be
 * read selects nothing, as in Kubernetes. Pure.
 */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => holds(requirement, labels) === true)
  );
}

function isWhole(text: string | undefined): text is string {
  return text !== undefined && /^[+-]?\d+$/.test(text);
}
