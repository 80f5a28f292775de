import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTES } from '../../src/domain/request/search-attributes.ts';
import { TOOLS } from '../../tools/catalogue.ts';
import { locateTool } from '../../tools/index.ts';

const text = await readFile(join(import.meta.dirname, '../../docker-compose.temporal.yml'), 'utf8');
const { services, volumes } = parse(text, { strict: true });
const { image, command, ports, volumes: mounts, healthcheck } = services.temporal;

test('runs the Temporal version that this project is tested with', () => {
  expect(image).toBe(`temporalio/temporal:${TOOLS.temporal.version}`);
});

test('is reached from this machine only', () => {
  expect(ports).toEqual(['127.0.0.1:7233:7233', '127.0.0.1:8233:8233']);
});

test('keeps its database on a named volume', () => {
  const [[name, folder] = []] = mounts.map((mount: string) => mount.split(':'));
  expect(Object.keys(volumes)).toEqual([name]);
  expect(command).toContain(`--db-filename=${folder}/temporal.db`);
});

test('registers every search attribute that the workflows set', () => {
  const registered = command
    .filter((argument: string) => argument.startsWith('--search-attribute='))
    .map((argument: string) => argument.replace('--search-attribute=', ''));
  expect(registered.sort()).toEqual(
    Object.values(SEARCH_ATTRIBUTES)
      .map((name) => `${name}=Keyword`)
      .sort(),
  );
});

test('uses only flags and commands that this Temporal has', async () => {
  const { path } = await locateTool('temporal');
  const ask = async (...args: string[]) => (await promisify(execFile)(path, args)).stdout;
  const [server, startDev, ...given] = command;
  const flags = `${await ask(server, startDev, '--help')} ${await ask('options')}`;
  for (const argument of given) expect(flags).toContain(`${argument.split('=')[0]} `);
  const [, program, ...check] = healthcheck.test;
  expect(program).toBe('temporal');
  expect(await ask(...check, '--help')).toContain('temporal operator cluster health');
});
