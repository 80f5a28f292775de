import type { JsonSchema } from './json-schema.ts';

/** One key of runbook.yaml for people. */
interface Key {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** Where the generated table stands in docs/configuration.md. */
const [BEGIN, END] = ['<!-- keys:begin -->', '<!-- keys:end -->'];

/** Every key as a Markdown table: meaning with its source, form or unit, default. */
export function keyTable(schema: JsonSchema): string {
  const rows = keysOf(schema, '').map(({ path, schema: key, required }) =>
    [`\`${path}\``, key.description ?? '', formOf(key), required ? '**required**' : defaultOf(key)].map(cell),
  );
  return [
    '| key | meaning | form | default |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

/** The document with the table put between its marks. */
export function withKeyTable(document: string, schema: JsonSchema): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`no ${BEGIN} … ${END} in the document`);
  return `${before}${BEGIN}\n${keyTable(schema)}\n${END}${after}`;
}

function keysOf(schema: JsonSchema, prefix: string): readonly Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const required = (schema.required ?? []).includes(name);
    return [{ path, schema: inner, required }, ...innerKeys(inner, path)];
  });
}

function innerKeys(schema: JsonSchema, path: string): readonly Key[] {
  // References to secrets look the same everywhere: they are explained once, in the text.
  if (isSecretReference(schema)) return [];
  if (schema.items) return innerKeys(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object')
    return innerKeys(schema.additionalProperties, `${path}.<name>`);
  const forms = schema.anyOf ?? schema.oneOf;
  return forms
    ? joined(
        forms
          .flatMap(singleForms)
          .filter((form) => !isSecretReference(form))
          .map((form) => keysOf(form, path)),
      )
    : keysOf(schema, path);
}

/** A form may be one of several itself. */
function singleForms(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? schema.oneOf)?.flatMap(singleForms) ?? [schema];
}

/** The keys of several forms as one list: a key that tells the forms apart shows all of its values. */
function joined(forms: readonly (readonly Key[])[]): readonly Key[] {
  const byPath = Map.groupBy(forms.flat(), ({ path }) => path);
  return [...byPath].flatMap(([path, keys]): readonly Key[] => {
    const [first] = keys;
    if (!first) return [];
    const values = keys.map(({ schema }) => schema.const);
    if (keys.length === 1 || values.includes(undefined)) return [first];
    const description = keys.map(({ schema }) => `${schema.const}: ${schema.description ?? ''}`).join(' ');
    return [{ path, schema: { description, enum: values }, required: first.required }];
  });
}

function isSecretReference({ properties }: JsonSchema): boolean {
  return properties?.env !== undefined && properties.kubernetesSecret !== undefined;
}

function formOf(schema: JsonSchema): string {
  const { enum: values, anyOf, oneOf, items, type, minimum, maximum } = schema;
  if (isSecretReference(schema)) return 'reference';
  if (schema.const !== undefined) return schema.const === false ? '`false`' : JSON.stringify(schema.const);
  if (values) return values.map(String).join(', ');
  const forms = anyOf ?? oneOf;
  if (forms) return [...new Set(forms.map(formOf))].join(' or ');
  if (items) return `list of ${formOf(items)}`;
  if (isDuration(schema)) return 'duration';
  if (type === 'integer' || type === 'number') return `${type}${rangeOf(minimum, maximum)}`;
  return type === 'object' ? 'keys' : type === 'string' ? 'text' : (type ?? '');
}

function isDuration(schema: JsonSchema): boolean {
  return 'pattern' in schema && String(schema.pattern).includes('ms|s|m|h');
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string {
  const bound = (value: number | undefined) =>
    value === undefined || Math.abs(value) > 1e9 ? undefined : value;
  const [least, most] = [bound(minimum), bound(maximum)];
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  return least === undefined ? '' : `, at least ${least}`;
}

function defaultOf(schema: JsonSchema): string {
  const value = schema.default;
  if (
    value === undefined ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  ) {
    return Array.isArray(value) ? 'none' : '';
  }
  return typeof value === 'string' ? `\`${value}\`` : `\`${JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
