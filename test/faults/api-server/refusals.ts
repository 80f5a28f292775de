import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { apiStatus } from '../../../sandbox/faults/index.ts';
import { type End, entryOf, type FaultCase, ROLLED_BACK } from './case.ts';
import {
  EVIDENCE,
  HISTORY,
  isAt,
  PATCH,
  POD_WATCH,
  PODS,
  POINTS,
  type Point,
  RECORD,
  REVIEW,
  SNAPSHOT,
  WATCH,
} from './points.ts';

/** From one request on the worker's token is not accepted any more; a new one lies in the file by then. */
export const rotatedTokens: readonly FaultCase[] = POINTS.map((point) => ({
  fault: `the token is rotated: 401 until it is read anew, from ${point.at} on`,
  end: ROLLED_BACK,
  short: point === PATCH,
  ...(point.deployed ? { deployed: point.deployed } : {}),
  async arm({ proxy, token, tokenFile, freshToken }) {
    const fresh = await freshToken();
    let refused = 0;
    let rotated = false;
    proxy.rule({}, async (intercepted) => {
      const { request, pass } = intercepted;
      if (!rotated && isAt(point, request)) {
        rotated = true;
        await writeFile(tokenFile, fresh);
      }
      if (!rotated || request.headers.authorization !== `Bearer ${token}`) return pass();
      refused += 1;
      return apiStatus(401)(intercepted);
    });
    return () => {
      expect(refused).toBeGreaterThanOrEqual(1);
      expect(proxy.requests.at(-1)?.headers.authorization).toBe(`Bearer ${fresh}`);
    };
  },
}));

/** The token is not accepted and stays so. */
export const lostTokens: readonly FaultCase[] = [REVIEW, WATCH, HISTORY, PATCH].map((point) => ({
  fault: `answers 401 for good from ${point.at} on`,
  end: { error: 'AccessDenied', writes: 0 },
  short: point === REVIEW,
  arm({ proxy }) {
    let refusing = false;
    proxy.rule({}, (intercepted) => {
      refusing ||= isAt(point, intercepted.request);
      return refusing ? apiStatus(401)(intercepted) : intercepted.pass();
    });
    return () => expect(refusing).toBe(true);
  },
}));

const DENIED = 'deployments.apps "x" is forbidden: User "y" cannot patch resource "deployments"';
const POLICY = 'admission webhook "policy.example" denied the request: images must be signed';

const FORBIDDEN: readonly {
  readonly point: Point;
  readonly end: End;
  readonly message?: string;
  readonly said?: string;
  readonly short?: boolean;
}[] = [
  { point: REVIEW, end: { ...ROLLED_BACK, also: 'permissions unchecked' } },
  { point: WATCH, end: { error: 'AccessDenied', writes: 0 } },
  { point: HISTORY, end: { error: 'AccessDenied', writes: 0 } },
  { point: EVIDENCE, end: { ...ROLLED_BACK, also: 'evidence not considered' } },
  { point: SNAPSHOT, end: { error: 'WriteRejected', writes: 0 } },
  {
    point: PATCH,
    end: { error: 'AccessDenied', writes: 0 },
    message: DENIED,
    said: ' for lack of a permission',
  },
  {
    point: PATCH,
    end: { error: 'WriteRejected', writes: 0 },
    message: POLICY,
    said: ' by a policy',
    short: true,
  },
  { point: PODS, end: { error: 'AccessDenied', writes: 1 } },
  { point: POD_WATCH, end: ROLLED_BACK },
];

/** What is forbidden stays forbidden. */
export const forbidden: readonly FaultCase[] = [
  ...FORBIDDEN.map(({ point, end, message, said = '', short = false }) => ({
    fault: `answers 403${said} at ${point.at}`,
    end,
    short,
    ...(point.deployed ? { deployed: point.deployed } : {}),
    arm({ proxy }: Parameters<FaultCase['arm']>[0]) {
      const rule = proxy.rule(point.match, apiStatus(403, message));
      return () => expect(rule.hits.length).toBeGreaterThanOrEqual(1);
    },
  })),
  {
    fault: `answers 403 at ${RECORD.at}`,
    end: { ...ROLLED_BACK, also: 'the ledger says that no evidence was kept' },
    arm({ proxy }) {
      const rule = proxy.rule(RECORD.match, apiStatus(403));
      return (report) => {
        expect(rule.hits.length).toBeGreaterThanOrEqual(1);
        expect(entryOf(report, 'record-known-good').outcome).toBe('failed');
      };
    },
  },
];
