import { rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NAME, QUIET } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, TO_FIRST, titled } from './world.ts';

/** The image is the one that runs, whichever way it is written. */
const file = (image: string, more = '') => `services:\n  ${NAME}:\n    image: ${image}\n${QUIET}${more}`;

describe.skipIf(problem)(titled('a project that cannot be changed safely'), () => {
  const { service } = openWorld();

  type Files = Readonly<Record<string, string>>;
  const shapes: readonly (readonly [string, (repository: string, image: string) => Files, RegExp])[] = [
    [
      'takes its tag from the environment of the worker',
      (repository) => ({ [FILE]: file(`${repository}:\${RELEASE}`) }),
      /docker-compose\.yml line 3: the image takes RELEASE from the environment of the worker.*set it in \.env/,
    ],
    [
      'has a variable for a part of the tag that the other version does not share',
      (repository) => ({ [FILE]: file(`${repository}:v0.2.\${PATCH}`), '.env': 'PATCH=0\n' }),
      /^\.env line 1: PATCH can only make images like .*:v0\.2\.…, not .*:v0\.1\.0; write the image/,
    ],
    [
      'writes the image with escapes',
      (_, image) => ({ [FILE]: file(`"${image.replace(':v', '\\u003av')}"`) }),
      /line 3: the image is written with escapes/,
    ],
    [
      'shares its image with another service',
      (_, image) => ({
        [FILE]: file(`&image ${image}`, '  worker:\n    image: *image\n    network_mode: host\n'),
      }),
      /line 3 decides the image of worker too: give orchestrator an image line of its own, or set sharedImage/,
    ],
    [
      'is built and has no image',
      () => ({ [FILE]: file('x').replace('image: x', 'build: .') }),
      /orchestrator is built and has no image; give it an image line/,
    ],
    ['is no YAML', () => ({ [FILE]: 'services: [\n' }), /^docker-compose\.yml line \d/],
    [
      'is refused by Compose',
      (_, image) => ({ [FILE]: file(image, '    no_such_key: 1\n') }),
      /Compose refuses the files of the project: .*additional properties .* not allowed/,
    ],
    [
      'uses an env file out of its folder',
      (_, image) => ({ [FILE]: file(image, '    env_file: ../outside.env\n') }),
      /outside\.env leads out of the project folder/,
    ],
  ];
  test.each(shapes)(
    'that %s is refused before anything, and by the rollback itself',
    async (_what, files, message) => {
      const one = await service(['v0.1.0', 'v0.2.0']);
      const pin = await one.pin();
      for (const [path, text] of Object.entries(files(one.repository, `${one.repository}:v0.2.0`))) {
        await one.write(path, text);
      }
      const before = await one.state();
      const target = one.another({}, { ...one.env, RELEASE: 'v0.2.0' });
      const error = await errorOf(target.checkAccess(TO_FIRST, context));
      expect(error).toMatchObject({ type: 'ComposeFileUnsupported', retryable: false });
      expect(error.message).toMatch(message);
      expect(['ComposeFileUnsupported', 'WorkloadChanged']).toContain(
        (await errorOf(target.rollBack(pin, context))).type,
      );
      expect(await one.state()).toEqual(before);
    },
  );

  test('because a file of it is a link to outside is refused, and outside nothing is written', async () => {
    const one = await service(['v0.1.0', 'v0.2.0']);
    const pin = await one.pin();
    const outside = join(tmpdir(), `runbook-outside-${one.project}`);
    onTestFinished(() => rm(outside, { force: true }));
    await rename(join(one.folder, FILE), outside);
    await symlink(outside, join(one.folder, FILE));
    const before = await one.state();
    for (const step of [
      () => one.target.checkAccess(TO_FIRST, context),
      () => one.target.rollBack(pin, context),
    ]) {
      const error = await errorOf(step());
      expect(error.type).toBe('ComposeFileUnsupported');
      expect(error.message).toContain('leads out of the project folder');
    }
    expect(await one.state()).toEqual(before);
  });

  test('of which Compose reads another image than was written is put back, and its container never touched', async () => {
    const one = await service(['v0.1.0', 'v0.2.0']);
    const pin = await one.pin();
    const before = await one.state();
    const { env, once } = await one.intercept();
    // An override that appears after the plan was made is a file that the plan knows nothing of.
    await once(
      { before: 'compose * config' },
      `printf 'services:\\n  ${NAME}:\\n    image: other:v1\\n' > '${one.folder}/other.yml'
       set -- $(printf '%s\\n' "$@" | sed 's/^config$/--file\\nother.yml\\nconfig/')`,
    );
    const error = await errorOf(one.another({}, env).rollBack(pin, context));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).toBe(
      `Compose reads other:v1 for ${NAME} where ${one.repository}:v0.1.0 was written`,
    );
    const after = await one.state();
    expect(after.files[FILE]).toBe(before.files[FILE]);
    expect(after.containers).toEqual(before.containers);
  });

  test('T8 and a plan with an image of another repository is refused, by its reference and by its ID', async () => {
    const one = await service(['v0.1.0', 'v0.2.0']);
    const [pin, other] = [await one.pin(), await service(['v0.3.0'])];
    const before = await one.state();
    const [{ imageId = '' } = {}] = await other.containers();
    const { source } = pin;
    if (source.kind !== 'compose') throw new Error('a pin to what is there');
    const { digest: _digest, ...undigested } = source;
    const image = `${other.repository}:v0.3.0`;
    const plans = [
      { ...pin, image, source: { ...source, image } },
      { ...pin, source: { ...source, image } },
      { ...pin, source: { ...undigested, imageId } },
    ];
    for (const plan of plans) {
      expect(await errorOf(one.target.rollBack(plan, context))).toMatchObject({ type: 'ImageNotAllowed' });
    }
    expect(await one.state()).toEqual(before);
  });
});
