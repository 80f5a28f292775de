import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = 'sandbox/orchestrator/main.ts';
const HEALTH_CHECK = 'sandbox/compose/healthy.ts';

/** Where things are in an image of the stand-in. It has no shell and nothing else. */
export const IN_IMAGE = {
  node: '/usr/local/bin/node',
  program: `/app/${PROGRAM}`,
  /** For `healthcheck: {test: ["CMD", "node", "/app/healthy.ts"]}`. */
  healthCheck: '/app/healthy.ts',
} as const;

/** A layer: an uncompressed archive, the same for the same Node and sources, and what its programs need to know. */
export interface LayerContents {
  readonly archive: Readable;
  /** Folders of the shared libraries: an image has no cache of the dynamic linker. */
  readonly libraryFolders: readonly string[];
}

/** Packs this process's Node with its libraries, and the stand-in's sources, by means of links in an empty folder. */
export async function packLayer(stage: string): Promise<LayerContents> {
  const node = await realpath(process.execPath);
  const libraries = await librariesOf(node);
  const sources = await sourcesOf(join(ROOT, PROGRAM));
  const entries: readonly (readonly [inImage: string, file: string])[] = [
    [IN_IMAGE.node, node],
    ...libraries.map((file) => [file, file] as const),
    [IN_IMAGE.healthCheck, join(ROOT, HEALTH_CHECK)],
    ...sources.map((file) => [join('/app', relative(ROOT, file)), file] as const),
  ];
  for (const [inImage, file] of entries) {
    await mkdir(join(stage, dirname(inImage)), { recursive: true });
    await symlink(file, join(stage, inImage));
  }
  await writeFile(join(stage, 'app/package.json'), '{"type":"module"}\n');
  return { archive: pack(stage), libraryFolders: [...new Set(libraries.map((file) => dirname(file)))] };
}

/** Links are followed, and nothing in the archive tells who packed it or when. */
function pack(folder: string): Readable {
  const same = [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  const tar = spawn('tar', ['--create', '--dereference', '--format=ustar', ...same, '-C', folder, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  tar.stderr.on('data', (chunk) => {
    said += chunk;
  });
  tar.on('error', (error) => tar.stdout.destroy(error));
  tar.on('exit', (code) => {
    if (code !== 0) tar.stdout.destroy(new Error(`tar ended with ${code}: ${said}`));
  });
  return tar.stdout;
}

/** The shared libraries of a program, by the path under which the dynamic linker finds them. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]).catch((error: { stdout?: string }) => ({
    // A static program is an error to ldd.
    stdout: error.stdout ?? '',
  }));
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].flatMap(([, file]) => file ?? []);
}

/** A source file and all that it imports from this repository. */
async function sourcesOf(file: string, known = new Set<string>()): Promise<string[]> {
  if (known.has(file)) return [];
  known.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/^(?:import|export|\}) .*from '(\.[^']+)';$/gm)) {
    await sourcesOf(join(dirname(file), path), known);
  }
  return [...known];
}
