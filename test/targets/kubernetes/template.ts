import type { RawObject } from '../../../src/targets/kubernetes/api/resources.ts';

/** A pod template as the API server sends it. */
export function template(
  change: { readonly spec?: RawObject; readonly metadata?: RawObject } = {},
): RawObject {
  return {
    metadata: { labels: { app: 'orchestrator' }, ...change.metadata },
    spec: {
      containers: [{ name: 'orchestrator', image: 'registry.example/phoenix-orch:v0.1.0', resources: {} }],
      restartPolicy: 'Always',
      ...change.spec,
    },
  };
}

/** The template with another image. */
export function templateOf(image: string): RawObject {
  return template({ spec: { containers: [{ name: 'orchestrator', image, resources: {} }] } });
}
