import { execFile, spawn } from 'node:child_process';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { bundled } from '../orchestrator/bundle.ts';

/** Where things are in an image of the stand-in. It has no shell and nothing else. */
export const IN_IMAGE = {
  node: '/usr/local/bin/node',
  program: '/app/orchestrator.mjs',
  /** For `healthcheck: {test: ["CMD", "node", "/app/healthy.mjs"]}`. */
  healthCheck: '/app/healthy.mjs',
} as const;

/** A layer: an uncompressed archive, the same for the same Node and sources, and what its programs need to know. */
export interface LayerContents {
  readonly archive: Readable;
  /** Folders of the shared libraries: an image has no cache of the dynamic linker. */
  readonly libraryFolders: readonly string[];
}

/** Packs this process's Node with its libraries, and the stand-in's programs, by means of links in an empty folder. */
export async function packLayer(stage: string): Promise<LayerContents> {
  const node = await realpath(process.execPath);
  const libraries = await librariesOf(node);
  const entries: readonly (readonly [inImage: string, file: string])[] = [
    [IN_IMAGE.node, node],
    ...libraries.map((file) => [file, file] as const),
    [IN_IMAGE.program, await bundled('orchestrator')],
    [IN_IMAGE.healthCheck, await bundled('healthCheck')],
  ];
  for (const [inImage, file] of entries) {
    await mkdir(join(stage, dirname(inImage)), { recursive: true });
    await symlink(file, join(stage, inImage));
  }
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
