import type { Container } from '../../../src/targets/compose/engine/objects/containers.ts';

/** A container that runs well. */
export function container(change: Partial<Container> = {}): Container {
  return {
    id: 'a',
    name: 'app-1',
    image: 'registry.example/app:v1',
    imageId: 'sha256:good',
    createdAt: '2026-11-25T18:00:00Z',
    status: 'running',
    running: true,
    restarting: false,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: '2026-11-25T18:00:01Z',
    halfStarted: false,
    restarts: 0,
    networkMode: 'host',
    networks: ['host'],
    mounts: [],
    boundTo: [],
    labels: {},
    environment: {},
    ...change,
  };
}
