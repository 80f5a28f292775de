import { describe, expect, it } from 'vitest';
import { changeImage, readProject } from '../../../../src/targets/compose/project/index.ts';
import { fromFiles } from './read-project.ts';
import { SHAPES, type Shape } from './shapes.ts';

const REPOSITORY = 'localhost:5000/team/app';
const NEW_DIGEST = `sha256:${'fedcba9876543210'.repeat(4)}`;
const RUNNING = [REPOSITORY, 'v1.10.2'] as const;
const WANTED = [REPOSITORY, 'v1.9.0-rc.1', NEW_DIGEST] as const;

describe.each(SHAPES)('a project with $name', (shape) => {
  const texts = textsOf(shape, RUNNING);

  it('gives the image and the line that decides it', async () => {
    const service = await read(shape, texts);
    expect(service.image).toBe(shape.image(...RUNNING));
    expect(service.site).toMatchObject(shape.edit);
    expect(service.sharedWith).toEqual(shape.sharedWith ?? []);
  });

  it('changes that line alone, and reads as the wanted image afterwards', async () => {
    const service = await read(shape, texts);
    const wanted = shape.image(...WANTED);
    const change = changeImage(service, wanted);
    expect(change.path).toBe(shape.edit.path);
    expect(change.before).toBe(texts[change.path]);
    expect(differingLines(change.before, change.after)).toEqual([shape.edit.line]);
    const changed = { ...texts, [change.path]: change.after };
    expect(changed).toEqual(textsOf(shape, WANTED));
    const after = await read(shape, changed);
    expect(after.image).toBe(wanted);
    expect(after.definitionHash).toBe(service.definitionHash);
  });

  it('has nothing to change when it is that image already', async () => {
    const service = await read(shape, texts);
    const { before, after } = changeImage(service, service.image);
    expect(after).toBe(before);
  });
});

function textsOf({ files }: Shape, version: readonly [string, string, string?]): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text(...version)]));
}

function read({ composeFiles, envFiles, environment, service }: Shape, texts: Record<string, string>) {
  const options = {
    files: composeFiles ?? ['docker-compose.yml'],
    environment: environment ?? {},
    service,
    ...(envFiles && { envFiles }),
  };
  return readProject(options, fromFiles(texts));
}

function differingLines(before: string, after: string): number[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  expect(now).toHaveLength(old.length);
  return old.flatMap((line, index) => (line === now[index] ? [] : index + 1));
}
