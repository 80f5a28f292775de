import { parseImage } from '../../src/domain/versions/versions.ts';
import { withoutDigests } from '../../src/targets/kubernetes/template/image-digests.ts';
import type { EitherStage } from './either.ts';
import { type Cast, openStage } from './stage.ts';
import { startWorkerProgram } from './stage-worker.ts';

/** A cluster, and a workload of this kind for each story. */
export async function openKubernetesEither(kind: 'Deployment' | 'StatefulSet'): Promise<EitherStage> {
  const stage = await openStage();
  const { cluster } = stage.sandbox;

  /** Writes to the workload that the API server took. */
  async function writes({ user }: Cast, since: number): Promise<number> {
    const requests = await cluster.requests(user, since);
    const taken = requests.filter(
      ({ verb, requestURI, status }) =>
        verb === 'patch' && requestURI.includes(`/${kind.toLowerCase()}s/`) && status === 200,
    );
    return taken.length;
  }

  return {
    client: stage.client,
    largestHistory: 48 * 1024,
    close: () => stage.close(),
    async cast(name, { profile, checks, worker = true }: Parameters<EitherStage['cast']>[1] = {}) {
      const cast = await stage.cast(name, {
        kind,
        worker,
        ...(profile ? { profile } : {}),
        ...(checks ? { checks } : {}),
      });
      return {
        ...cast,
        startWorker: () => startWorkerProgram(stage.sandbox, cast),
        // What only people write about a release stays as it is.
        deploy: (tag) => cast.deploy(tag, { annotations: { owner: tag === 'v0.2.0' ? 'team-b' : 'team-a' } }),
        async running() {
          const { image } = (await cast.workload()).spec.template.spec.containers[0];
          return parseImage(image).tag ?? '';
        },
        // A rollback writes the digest of the image that was proved beside its tag.
        async state() {
          return withoutDigests((await cast.workload()).spec.template);
        },
        async leftAlone() {
          const { metadata, spec } = await cast.workload();
          return { replicas: spec.replicas, owner: metadata.annotations.owner };
        },
        async countChanges() {
          const mark = await cluster.mark();
          return () => writes(cast, mark);
        },
        async evidence() {
          const path = `/api/v1/namespaces/${cast.namespace}/configmaps/${kind === 'Deployment' ? '' : `${kind.toLowerCase()}-`}master-orchestrator-known-good`;
          const { data } = await cluster.api.must('GET', path);
          return JSON.parse(Object.values(data as Record<string, string>)[0] ?? '');
        },
      };
    },
  };
}
