import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { buildSync, version } from 'esbuild';
import { cacheFolder } from '../../tools/cache-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Programs of the stand-in, by their places in the repository. */
export const PROGRAMS = {
  orchestrator: 'sandbox/orchestrator/main.ts',
  healthCheck: 'sandbox/compose/healthy.ts',
} as const;

/**
 * One of these programs as one file, made once for each state of its sources: a process that has to read and strip a
 * dozen of them takes more than twice the time to start.
 * @returns the file, in the user's cache: the same for the same sources.
 */
export async function bundled(program: keyof typeof PROGRAMS): Promise<string> {
  const entry = join(ROOT, PROGRAMS[program]);
  const sources = [...(await sourcesOf(entry))].sort();
  const state = createHash('sha256').update(version);
  // What it takes of packages is in it too.
  state.update(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  for (const [path, text] of sources) state.update(`\0${relative(ROOT, path)}\0${text}`);
  const name = `${basename(dirname(entry))}-${basename(entry, '.ts')}`;
  const file = join(cacheFolder(process.env), 'stand-in', `${name}-${state.digest('hex').slice(0, 16)}.mjs`);
  if (!existsSync(file)) await write(file, bundle(entry, new Set(sources.map(([path]) => path))));
  return file;
}

/** Without a process of esbuild's that would stay. */
function bundle(entry: string, sources: ReadonlySet<string>): Uint8Array {
  const { outputFiles, metafile } = buildSync({
    ...{ entryPoints: [entry], absWorkingDir: ROOT, bundle: true, write: false, metafile: true },
    ...{ platform: 'node', format: 'esm', target: 'node22', logLevel: 'silent' },
  });
  const own = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'));
  const missed = own.find((path) => !sources.has(join(ROOT, path)));
  if (missed) throw new Error(`${missed} is a source of ${entry} whose changes would not be seen`);
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return contents;
}

/** Others may be about to write the same. */
async function write(file: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, content);
  await rename(fresh, file);
}

/** A source file and all that it imports from this repository, with their texts. */
async function sourcesOf(file: string, known = new Map<string, string>()): Promise<Map<string, string>> {
  if (known.has(file)) return known;
  const text = await readFile(file, 'utf8');
  known.set(file, text);
  for (const [, path = ''] of text.matchAll(/^(?:import|export|\}) .*from '(\.[^']+)';$/gm)) {
    await sourcesOf(join(dirname(file), path), known);
  }
  return known;
}
