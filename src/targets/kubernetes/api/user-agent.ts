import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let known: string | undefined;

/** `rollback-runbook/<version>`: how the audit log of the API server names this program. */
export function userAgent(): string {
  known ??= `rollback-runbook/${versionAbove(import.meta.dirname)}`;
  return known;
}

/** The package stands two or three folders up, depending on whether it runs from source or from a build. */
function versionAbove(folder: string): string {
  try {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name?: string;
      version?: string;
    };
    if (name === 'rollback-runbook' && version) return version;
  } catch {
    // No package.json here, or not ours: search further up.
  }
  const parent = dirname(folder);
  return parent === folder ? 'unknown' : versionAbove(parent);
}
