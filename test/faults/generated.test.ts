import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveRequest } from '../../src/activities/resolve-request.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { RunbookError } from '../../src/domain/errors.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import { prepareDependencies } from '../../src/wiring/services.ts';
import { startedNow } from '../activities/started-now.ts';
import { configTexts } from './config-texts.ts';
import { everyInput } from './every-input.ts';
import { requestsFor } from './requests.ts';
import { TWO_SERVICES } from './two-services.ts';

/** What became of the inputs, so that a generator of nothing but trouble is found out. */
interface Counts {
  accepted: number;
  refused: number;
}

/** Runs what must not throw anything but one error of the catalogue, and not take a second of the processor. */
function refusalOf(type: string, work: () => unknown, counts: Counts): string | undefined {
  let took = Number.POSITIVE_INFINITY;
  let refusal: string | undefined;
  // Time of this thread alone, and the best of three: the machine may have much else to do.
  for (let attempt = 0; attempt < 3 && took > 1000; attempt += 1) {
    const before = process.threadCpuUsage();
    refusal = undefined;
    try {
      work();
    } catch (error) {
      expect(error).toBeInstanceOf(RunbookError);
      expect(error).toMatchObject({ type, retryable: false });
      refusal = (error as RunbookError).message;
    }
    const { user, system } = process.threadCpuUsage(before);
    took = (user + system) / 1000;
  }
  expect(took).toBeLessThan(5_000);
  if (refusal === undefined) counts.accepted += 1;
  else counts.refused += 1;
  return refusal;
}

describe('of thousands of generated inputs', () => {
  it('each runbook.yaml is accepted, or refused at a place and without its secrets', async () => {
    const counts = { accepted: 0, refused: 0 };
    await everyInput(
      {
        family: 'generated input',
        fault: 'runbook.yaml: wrong types and keys, YAML traps, bombs, huge, deep',
        target: 'both',
        ends: 'accepted, or InvalidConfig with line and column',
      },
      4000,
      configTexts,
      ({ text, planted }) => {
        const refusal = refusalOf('InvalidConfig', () => parseConfig(text, { file: 'runbook.yaml' }), counts);
        if (refusal === undefined) return;
        for (const line of refusal.split('\n')) {
          expect(line).toMatch(/^(runbook\.yaml:[1-9]\d*:[1-9]\d* [^\p{Cc}\p{Cf}\p{Cs}]+|… and \d+ more)$/u);
        }
        for (const secret of planted) expect(refusal).not.toContain(secret);
      },
    );
    expect(counts.accepted).toBeGreaterThan(300);
    expect(counts.refused).toBeGreaterThan(2000);
  }, 250_000);

  it.each(['rollback', 'verify'] as const)(
    'each request to %s is accepted, or refused by its fields and in one line',
    async (kind) => {
      const config = parseConfig(TWO_SERVICES, { file: 'runbook.yaml' });
      const { dependencies } = prepareDependencies({ config, env: {}, namespace: 'default' }, () => ({
        any: false,
        leftOut: [],
      }));
      const resolve = resolveRequest(dependencies);
      const environment = new MockActivityEnvironment(
        {},
        { client: startedNow(), logger: new DefaultLogger('ERROR') },
      );
      const counts = { accepted: 0, refused: 0 };
      await everyInput(
        {
          family: 'generated input',
          fault: `request to ${kind}: wrong types and fields, traps, secrets, huge, deep, binary`,
          target: 'both',
          ends: 'accepted, or InvalidRequest with its fields',
        },
        3500,
        fc.oneof(
          { weight: 20, arbitrary: requestsFor(kind).map((text): unknown => JSON.parse(text)) },
          { weight: 1, arbitrary: fc.uint8Array() },
        ),
        async (input) => {
          const answer = await environment.run(resolve, kind, input).catch((error: unknown) => error);
          if (answer instanceof Error) {
            counts.refused += 1;
            expectRefusal(answer);
          } else {
            counts.accepted += 1;
            expectAnswer((answer as { value: ResolvedRun }).value, input);
          }
        },
      );
      expect(counts.accepted).toBeGreaterThan(200);
      expect(counts.refused).toBeGreaterThan(1000);
    },
    250_000,
  );
});

const FIELDS =
  'service|environment|reason|requestedBy|target|incident|symptoms|mitigationsTried|dryRun|accept';

function expectRefusal(error: Error): void {
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
  expect(error.message).toMatch(
    new RegExp(`^the request is wrong: ((request|(${FIELDS})(\\.\\d+)?): |.*: no such field)`, 'u'),
  );
  expect(error.message).not.toMatch(/[\p{Cc}\p{Cs}]|(?!\u200d)\p{Cf}/u);
  expect(error.message).not.toMatch(/7Qz|7Q[0-9A-Z]{18}/);
  expect(error.message.length).toBeLessThan(4000);
}

/** What was accepted goes into history, messages and records. */
function expectAnswer(run: ResolvedRun, input: unknown): void {
  expect(['orchestrator', 'spare']).toContain(run.service);
  expect(
    Object.keys((input as object | null) ?? {}).filter((key) => !new RegExp(`^(${FIELDS})$`).test(key)),
  ).toEqual([]);
  const said = JSON.stringify(run);
  expect(said).not.toMatch(/:\/\/|7Qz|7Q[0-9A-Z]{18}/);
  expect(said.length).toBeLessThan(64 * 1024);
}
