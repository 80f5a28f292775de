import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'vitest';
import type { PublishedImage } from '../../../sandbox/compose/index.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { inForm } from '../../faults/forms.ts';
import { SHAPES, type Shape } from './project/shapes.ts';
import { RUNS } from './texts.ts';
import { contentsOf, context, openWorld, problem, type Service, titled } from './world.ts';

const [GOOD, BAD] = ['v0.1.0', 'v0.2.0'] as const;

describe.skipIf(problem)(titled('compose files as people write them'), () => {
  const { host, service } = openWorld({ keep: true });
  let images: Promise<readonly [PublishedImage, PublishedImage]> | undefined;

  /** Two versions for all projects, on the engine already: one that is built would be built otherwise. */
  function published() {
    images ??= Promise.all([GOOD, BAD].map(publish)) as Promise<[PublishedImage, PublishedImage]>;
    return images;
  }

  /** An image that starts in no time: many do here. The files of the shapes have no entrypoint for that. */
  async function publish(tag: string): Promise<PublishedImage> {
    const { docker, images } = host();
    const image = await images.publish(tag, { repository: 'team/app', entrypoint: ['node', '-e', RUNS] });
    await docker('pull', '--quiet', image.reference);
    return image;
  }

  const repository = () => `${host().registry.address}/team/app`;
  const textsOf = ({ files }: Pick<Shape, 'files'>, tag: string, { digest }: PublishedImage) =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text(repository(), tag, digest)]));

  async function write({ folder }: Service, texts: Readonly<Record<string, string>>): Promise<void> {
    for (const path of Object.keys(texts)) await mkdir(dirname(join(folder, path)), { recursive: true });
    for (const [path, text] of Object.entries(texts)) await writeFile(join(folder, path), text);
  }

  async function projectOf(shape: Shape) {
    return service([], {
      profile: {
        service: shape.service,
        profiles: shape.profile ? [shape.profile] : [],
        sharedImage: shape.sharedWith ? 'change' : 'refuse',
        ...(shape.composeFiles ? { files: shape.composeFiles } : {}),
        ...(shape.envFiles ? { envFiles: shape.envFiles } : {}),
      },
    });
  }

  /** Deploys as somebody does by hand. */
  async function up(one: Service, shape: Shape): Promise<void> {
    const options = [
      ...(shape.composeFiles ?? []).flatMap((file) => ['--file', file]),
      ...(shape.envFiles ?? []).flatMap((file) => ['--env-file', file]),
      ...(shape.profile ? ['--profile', shape.profile] : []),
    ];
    await host().compose(one.folder, ...options, 'up', '--detach', '--no-build', '--no-deps', shape.service);
  }

  test.concurrent.for(inForm(SHAPES))(
    '$name: one line goes back, and the image with it',
    async (shape, { expect }) => {
      const [good, bad] = await published();
      const one = await projectOf(shape);
      const target = one.another({}, { ...one.env, ...shape.environment });
      await write(one, textsOf(shape, BAD, bad));
      await up(one, shape);
      expect(await one.containers(shape.service)).toMatchObject([{ imageId: bad.imageId }]);
      const before = await contentsOf(one.folder);

      const wish: TargetWish = { kind: 'digest', digest: good.digest };
      await target.checkAccess(wish, context);
      const { plan, diff } = await one.resolve(wish, target);
      expect(await contentsOf(one.folder)).toEqual(before);
      const started = await target.rollBack(plan.pin, context);

      const after = await contentsOf(one.folder);
      const { path, line } = shape.edit;
      // An env file, which may hold secrets, has its backup hidden.
      const backups = shape.edit.how === 'variable' ? {} : { [`${path}.before-rollback-`]: before[path] };
      const added = Object.entries(after).filter(([name]) => !(name in before));
      const unnumbered = added.map(([name, text]) => [name.replace(/[0-9a-f]{12}$/, ''), text]);
      expect(Object.fromEntries(unnumbered)).toEqual(backups);
      const [old, now] = [before, after].map((files) => files[path]?.split('\n') ?? []) as [
        string[],
        string[],
      ];
      expect(now).toHaveLength(old.length);
      expect(old.flatMap((text, index) => (text === now[index] ? [] : index + 1))).toEqual([line]);
      expect({ ...after, ...before, [path]: after[path] }).toEqual({ ...after });
      expect(Buffer.from(after[path] ?? '', 'latin1').toString('utf8')).toBe(
        textsOf(shape, GOOD, good)[path],
      );
      expect(diff.split('\n').filter((text) => /^[+-](?![+-])/.test(text))).toHaveLength(2);
      const done = await one.wait(started, target);
      expect(done).toMatchObject({ imageId: good.imageId, replicas: 1, fingerprint: plan.to.fingerprint });
      expect(await one.containers(shape.service)).toMatchObject([
        { imageId: good.imageId, status: 'running' },
      ]);
    },
  );
});
