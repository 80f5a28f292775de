import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { canMount, mountDisk } from './files/surroundings.ts';
import { NAME, QUIET, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, TO_FIRST, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const { host, service } = openWorld();

/** Nothing was written, and the container is the same. */
async function expectUntouched(one: Service, before: Awaited<ReturnType<Service['state']>>): Promise<void> {
  expect(await one.state()).toEqual(before);
  expect(
    (await readdir(one.folder)).filter((name) => !(name in before.files) && name !== '.runbook'),
  ).toEqual([]);
}

const noMount = canMount ? '' : ' (only root may mount a small disk)';
describe.skipIf(problem || !canMount)(titled(`a disk${noMount}`), () => {
  /** A project on a disk of its own, and a way to fill that to the last byte. */
  async function onSmallDisk() {
    const one = await service([]);
    mountDisk(one.folder, 'size=256k');
    for (const tag of both) {
      const image = await host().images.publish(tag, {
        repository: one.repository.split('/')[1] ?? '',
        labels: { of: `${one.project} ${tag}` },
      });
      (one.images as Record<string, typeof image>)[tag] = image;
      await one.deploy(tag);
    }
    await mkdir(join(one.folder, '.runbook'), { mode: 0o700 });
    const ballast = join(one.folder, '.runbook/ballast');
    return {
      one,
      fill: () =>
        execFileSync('sh', ['-c', 'dd if=/dev/zero of="$1" bs=1k 2>/dev/null; true', 'sh', ballast]),
      empty: () => rm(ballast),
    };
  }

  test('that is full stops it, the file stays whole, and it goes on when there is room', async () => {
    const { one, fill, empty } = await onSmallDisk();
    const pin = await one.pin();
    await one.target.checkAccess(TO_FIRST, context);
    const before = await one.state();
    fill();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'FileNotWritten', retryable: true });
    expect(error.message).toMatch(/the disk is full \(ENOSPC\); make room on it$/);
    await expectUntouched(one, before);
    expect((await errorOf(one.target.checkAccess(TO_FIRST, context))).type).toBe('FileNotWritten');
    await empty();
    const started = await one.target.rollBack(pin, context);
    expect(await one.wait(started)).toMatchObject({ imageId: one.images['v0.1.0']?.imageId });
  });

  test('that has room for our records and none for the compose file stops it too', async () => {
    const { one, fill } = await onSmallDisk();
    const before = await one.state();
    const pin = await one.pin();
    fill();
    // The records are on another disk.
    mountDisk(join(one.folder, '.runbook'), 'size=256k');
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'FileNotWritten', retryable: true });
    expect(error.message).toContain(`${one.folder}/${FILE} was not written and is as it was`);
    await expectUntouched(one, before);
  });

  test('that is read-only is found by check-access, and by the rollback', async () => {
    const { one } = await onSmallDisk();
    const pin = await one.pin();
    const before = await one.state();
    execFileSync('mount', ['-o', 'remount,ro', one.folder]);
    for (const step of [
      () => one.target.checkAccess(TO_FIRST, context),
      () => one.target.rollBack(pin, context),
    ]) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'FileNotWritten', retryable: false });
      expect(error.message).toMatch(
        /its file system is read-only \(EROFS\); mount it writable for the worker/,
      );
    }
    await expectUntouched(one, before);
  });
});

describe.skipIf(problem)(titled('files and folders that must not be written'), () => {
  test('a read-only compose file is found by check-access, and by the rollback', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await chmod(join(one.folder, FILE), 0o444);
    const before = await one.state();
    for (const step of [
      () => one.target.checkAccess(TO_FIRST, context),
      () => one.target.rollBack(pin, context),
    ]) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'FileNotWritten', retryable: false });
      expect(error.message).toMatch(/it is read-only, for its owner too; chmod u\+w \S+docker-compose\.yml$/);
    }
    await expectUntouched(one, before);
  });

  test('a read-only env file leaves the compose file as it is, too', async () => {
    const text = quietWith('    env_file: app.env\n');
    const one = await service(['v0.1.0'], { text, files: { 'app.env': 'A=1\n' } });
    await one.prove();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', { files: { 'app.env': 'A=2\n' } });
    const pin = await one.pin({ kind: 'known-good' });
    await chmod(join(one.folder, 'app.env'), 0o444);
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error.message).toMatch(/app\.env was not written and is as it was: it is read-only/);
    await expectUntouched(one, before);
  });

  const included = (image: string) => `services:\n  ${NAME}:\n    image: ${image}\n${QUIET}`;

  test('a folder that was swapped for a link to outside is refused, and outside nothing is touched', async () => {
    const one = await service([]);
    const repository = one.repository.split('/')[1] ?? '';
    const outside = join(one.folder, '..', `outside-${one.project}`);
    onTestFinished(() => rm(outside, { recursive: true, force: true }));
    await mkdir(join(one.folder, 'parts'));
    await one.write(FILE, `services:\n  ${NAME}:\n    extends: {file: parts/base.yml, service: ${NAME}}\n`);
    for (const tag of both) {
      await host().images.publish(tag, { repository });
      await one.write('parts/base.yml', included(`${one.repository}:${tag}`));
      await one.up();
    }
    const pin = await one.pin();
    expect(pin.changes.map(({ path }) => path)).toEqual(['parts/base.yml']);
    await rename(join(one.folder, 'parts'), outside);
    await symlink(outside, join(one.folder, 'parts'));
    const before = await readFile(join(outside, 'base.yml'), 'utf8');
    const containers = await one.containers();
    for (const step of [
      () => one.target.rollBack(pin, context),
      () => one.target.checkAccess(TO_FIRST, context),
    ]) {
      const error = await errorOf(step());
      expect(error.type).toBe('ComposeFileUnsupported');
      expect(error.message).toContain(`leads out of the project folder ${one.folder}, which is never left`);
    }
    expect(await readdir(outside)).toEqual(['base.yml']);
    expect(await readFile(join(outside, 'base.yml'), 'utf8')).toBe(before);
    expect(await one.containers()).toEqual(containers);
  });

  test('a folder for records that is a link to outside is refused', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const outside = join(one.folder, '..', `records-${one.project}`);
    await mkdir(outside);
    await rm(join(one.folder, '.runbook'), { recursive: true, force: true });
    await symlink(outside, join(one.folder, '.runbook'));
    const containers = await one.containers();
    for (const step of [
      () => one.target.rollBack(pin, context),
      () => one.target.checkAccess(TO_FIRST, context),
    ]) {
      const error = await errorOf(step());
      expect(error.type).toBe('FileNotWritten');
      expect(error.message).toMatch(
        /\.runbook has to be a folder, and a link or a file stands there; remove that/,
      );
    }
    expect(await readdir(outside)).toEqual([]);
    expect(await one.containers()).toEqual(containers);
  });

  test('a link inside of the project is followed, and stays a link', async () => {
    const one = await service(both);
    await mkdir(join(one.folder, 'real'));
    await rename(join(one.folder, FILE), join(one.folder, 'real', FILE));
    await symlink(`real/${FILE}`, join(one.folder, FILE));
    await one.target.rollBack(await one.pin(), context);
    expect(await one.read(`real/${FILE}`)).toContain(':v0.1.0');
    const links = await readdir(one.folder, { withFileTypes: true });
    expect(links.find(({ name }) => name === FILE)?.isSymbolicLink()).toBe(true);
  });
});
