import { dirname, resolve } from 'node:path';
import { RunbookError } from '../domain/errors.ts';
import { crossFaults, secretFaults } from './cross-checks.ts';
import { describeFault, type Fault, faultsOf, offsetOf } from './faults.ts';
import type { RunbookConfig } from './profile.ts';
import { readYaml } from './read-yaml.ts';
import { configSchema } from './schema.ts';
import { groupFaults, groupsOf } from './sections/groups.ts';
import { toProfile } from './to-profile.ts';

/** More faults than this are counted only. */
const FAULT_LIMIT = 30;

/** Of more faults than this the first ones are found in the text and shown in its order: to find one takes a walk. */
const LOCATED_LIMIT = 300;

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
  const { document, lines, written, faults: unreadable } = readYaml(text);
  const refuse = (faults: readonly Fault[]): never => {
    const described = faults
      .slice(0, LOCATED_LIMIT)
      .map((fault) => ({ fault, offset: offsetOf(document, fault) }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ fault, offset }) => describeFault(file, fault, lines.linePos(offset)));
    const shown = described.slice(0, FAULT_LIMIT);
    const more = faults.length - shown.length;
    throw new RunbookError(
      'InvalidConfig',
      [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'),
    );
  };
  if (unreadable.length > 0) refuse(unreadable);
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
  const services = Object.fromEntries(
    Object.entries(parsed.data.services).map(([name, entry]) => [
      name,
      toProfile(name, entry, source[name], folder),
    ]),
  );
  const wrongGroups = groupFaults(parsed.data.groups, services);
  if (wrongGroups.length > 0) refuse(wrongGroups);
  return {
    records: resolve(folder, parsed.data.records),
    services,
    groups: groupsOf(parsed.data.groups),
  };
}
