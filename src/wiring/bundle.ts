import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, '..');
const FOLDER = join(SOURCE, '..', 'dist');

/**
 * The workflow code as one file. Made once for each state of the sources and kept in `dist/`, so that a worker
 * does not spend its start on bundling. A read-only checkout bundles in memory.
 *
 * @param buildId of the sources, for whoever has it already: to find it reads all of them
 */
export async function workflowBundle(
  buildId = workflowBuildId(),
): Promise<{ readonly codePath: string } | { readonly code: string }> {
  const codePath = join(FOLDER, `workflows-${buildId}.js`);
  if (existsSync(codePath)) return { codePath };
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(SOURCE, 'workflows', 'index.ts'),
    // In the workflows alone: activities and clients read what the runbook itself has written.
    payloadConverterPath: join(SOURCE, 'workflows', 'payload-converter.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  try {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${codePath}.${process.pid}`, code);
    renameSync(`${codePath}.${process.pid}`, codePath);
    return { codePath };
  } catch {
    return { code };
  }
}

/**
 * Tells one state of the workflow code from another: 16 hexadecimal digits, over everything that the bundle is made
 * of (workflows, domain, and the SDK's version).
 */
export function workflowBuildId(): string {
  const hash = createHash('sha256');
  for (const folder of ['workflows', 'domain']) {
    const names = readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => one.endsWith('.ts')).sort()) {
      hash.update(name).update(readFileSync(join(SOURCE, folder, name)));
    }
  }
  hash.update(readFileSync(join(SOURCE, '..', 'package.json')));
  return hash.digest('hex').slice(0, 16);
}
