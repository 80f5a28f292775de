import { describe, expect, test } from 'vitest';
import { readWeb } from './read-project.ts';

const service = (name: string, line: string) => `  ${name}:\n    image: other:v1\n    ${line}\n`;

describe('services whose containers are bound to that of web', () => {
  test.each([
    ['by its network', service('a', 'network_mode: "service:web"'), ['a']],
    ['by its processes', service('a', 'pid: "service:web"'), ['a']],
    ['by its shared memory', service('a', 'ipc: "service:web"'), ['a']],
    ['by its volumes', service('a', 'volumes_from: [web]'), ['a']],
    ['by its volumes, read-only', service('a', 'volumes_from: ["web:ro"]'), ['a']],
    ['through a variable', service('a', 'network_mode: "service:$TO"'), ['a']],
    ['not by a container of the same name', service('a', 'volumes_from: ["container:web"]'), []],
    ['not by what is only started after it', service('a', 'depends_on: [web]'), []],
    ['not by a network of its own', service('a', 'network_mode: host'), []],
    [
      'in turn, the nearer ones first',
      service('c', 'pid: "service:b"') +
        service('b', 'network_mode: "service:a"') +
        service('a', 'ipc: "service:web"'),
      ['a', 'b', 'c'],
    ],
    [
      'in a circle, each once',
      service('a', 'network_mode: "service:web"\n    pid: "service:b"') + service('b', 'ipc: "service:a"'),
      ['a', 'b'],
    ],
  ])('%s', async (_how, others, bound) => {
    const { bound: found } = await readWeb(`services:\n  web:\n    image: web:v1\n${others}`, {
      environment: { TO: 'web' },
    });
    expect(found).toEqual(bound);
  });
});
