import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { RunbookError } from '../domain/errors.ts';
import type { RunbookConfig } from '../domain/profile.ts';
import { crossFaults, secretFaults } from './cross-checks.ts';
import { describeFault, type Fault, faultsOf, offsetOf } from './faults.ts';
import { configSchema } from './schema.ts';
import { toProfile } from './to-profile.ts';

/** More faults than this are counted only. */
const FAULT_LIMIT = 30;

/** Where the text comes from. */
export interface ParseOptions {
  /** Named in every fault; relative paths in the text count from its folder. */
  readonly file: string;
}

/**
 * Reads the text of a runbook.yaml. Throws `RunbookError` `InvalidConfig` whose message has one line for each
 * fault: `runbook.yaml:12:7 services.orchestrator.endpoint: …`. No value of the file is ever repeated.
 */
export function parseConfig(text: string, { file }: ParseOptions): RunbookConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const refuse = (faults: readonly Fault[]): never => {
    const described = [...faults]
      .map((fault) => ({ fault, offset: offsetOf(document, fault) }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ fault, offset }) => describeFault(file, fault, lines.linePos(offset)));
    const shown = described.slice(0, FAULT_LIMIT);
    const more = described.length - shown.length;
    throw new RunbookError(
      'InvalidConfig',
      [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'),
    );
  };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) refuse(broken.map(syntaxFault));
  const written = toJs(document, refuse);
  const secrets = secretFaults(written);
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) {
    const known = new Set(secrets.map(({ path }) => path.join('.')));
    return refuse([
      ...secrets,
      ...faultsOf(parsed.error.issues, written).filter(({ path }) => !known.has(path.join('.'))),
    ]);
  }
  const faults = [...secrets, ...crossFaults(parsed.data)];
  if (faults.length > 0) refuse(faults);
  const folder = dirname(resolve(file));
  const source = (written as { services: Record<string, unknown> }).services;
  return {
    records: resolve(folder, parsed.data.records),
    services: Object.fromEntries(
      Object.entries(parsed.data.services).map(([name, entry]) => [
        name,
        toProfile(name, entry, source[name], folder),
      ]),
    ),
  };
}

function syntaxFault(error: { code: string; message: string; pos: [number, number] }): Fault {
  const messages: Readonly<Record<string, string>> = {
    MULTIPLE_DOCS: 'more than one document in the file',
    DUPLICATE_KEY: 'the same key twice',
  };
  return { path: [], message: messages[error.code] ?? `not YAML: ${error.code}`, offset: error.pos[0] };
}

function toJs(
  document: ReturnType<typeof parseDocument>,
  refuse: (faults: readonly Fault[]) => never,
): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return refuse([{ path: [], message: 'an alias without anchor, or too many aliases' }]);
  }
}
