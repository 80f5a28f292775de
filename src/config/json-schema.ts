import * as z from 'zod';
import { configSchema } from './schema.ts';

/** A JSON Schema, as far as it is read here. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** The JSON Schema of runbook.yaml, draft 7: the one that editors know best. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return { title: 'runbook.yaml', ...schema } as JsonSchema;
}

/** The text of `runbook.schema.json`. */
export function schemaFile(): string {
  return `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
}
