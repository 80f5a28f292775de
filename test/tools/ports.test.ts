import { expect, test } from 'vitest';
import { freePorts } from '../../tools/ports.ts';

test('a port is given out once, although nobody listens there yet', async () => {
  const ports: number[] = [];
  for (let round = 0; round < 60; round += 1) ports.push(...(await freePorts(20)));
  expect(new Set(ports).size).toBe(ports.length);
});
