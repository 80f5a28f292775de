import { COMPOSE_FILE, ENV_FILE, SERVICE, withTag } from '../../sandbox/demo/compose-project.ts';
import type { EitherOptions, EitherStage } from './either.ts';
import { openComposeStage } from './stage-compose.ts';
import { startWorkerProgram } from './stage-worker.ts';

/** A Docker engine, and a Compose project for each story. */
export async function openComposeEither(): Promise<EitherStage> {
  const stage = await openComposeStage();
  const { composeHost: host } = stage.sandbox;
  const tags = new Map<string, string>();

  return {
    client: stage.client,
    // Above a Deployment's: versions carry the hashes of their files.
    // Beside what a rollback of a Deployment leaves: up to twenty images of the registry that nothing is recorded of.
    largestHistory: 56 * 1024,
    close: () => stage.close(),
    async cast(name, { profile, checks, worker = true, slow = false }: EitherOptions = {}) {
      const cast = await stage.cast(name, {
        worker,
        ...(slow ? { stableFor: '4s' } : {}),
        ...(profile ? { profile } : {}),
        ...(checks ? { checks } : {}),
      });
      return {
        ...cast,
        startWorker: () => startWorkerProgram(stage.sandbox, cast, host.environment),
        async deploy(tag) {
          tags.set((await host.images.publish(tag)).imageId, tag);
          await cast.deploy(tag, { timeout: tag === 'v0.2.0' ? 5 : 30 });
        },
        async running() {
          const { imageId, running } = await cast.container();
          return (running && tags.get(imageId)) || 'nothing';
        },
        async state() {
          const { imageId, running } = await cast.container();
          const texts = [await cast.read(COMPOSE_FILE), await cast.read(ENV_FILE)];
          return { texts, imageId, running };
        },
        leftAlone: async () => withTag(await cast.read(COMPOSE_FILE), 'of-any-version'),
        async countChanges() {
          const mark = host.mark();
          return async () => {
            const made = await cast.created(mark);
            return made.filter(({ service }) => service === SERVICE).length;
          };
        },
        async evidence(report) {
          const keptIn = report.ledger.find(({ step }) => step === 'record-known-good')?.summary;
          return JSON.parse(await cast.read(/kept in (\S+\.json)/.exec(keptIn ?? '')?.[1] ?? ''));
        },
      };
    },
  };
}
