import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../src/targets/kubernetes/api/api-error.ts';
import { PodEvents } from '../../../../src/targets/kubernetes/api/pod-events.ts';
import type { ApiTransport } from '../../../../src/targets/kubernetes/api/transport.ts';
import { pod } from '../objects.ts';
import { context, errorOf } from '../support.ts';

const { signal } = context;
const at = (minute: number) => `2026-11-23T03:${String(minute).padStart(2, '0')}:00Z`;
const event = (reason: string, message: string, more: object = {}) => ({
  metadata: { name: reason, uid: reason, creationTimestamp: at(0) },
  reason,
  message,
  ...more,
});

/** What is read of these events, and what was asked for. */
function events(items: readonly object[] | Error) {
  const asked: string[] = [];
  const list = async ({ query }: { query: Readonly<Record<string, string>> }) => {
    asked.push(query.fieldSelector ?? '');
    if (items instanceof Error) throw items;
    return { items, resourceVersion: '1' };
  };
  const reader = new PodEvents({ list } as unknown as ApiTransport);
  return { asked, newest: (stop = signal) => reader.newestWarning(pod(), 'phoenix', stop) };
}

describe('the newest warning of a pod', () => {
  it('is asked for by the uid of the pod, and not again for a while', async () => {
    const { asked, newest } = events([event('FailedMount', 'no such volume')]);
    expect([await newest(), await newest()]).toEqual(Array(2).fill('FailedMount: no such volume'));
    expect(asked).toEqual(['involvedObject.uid=pod-uid,type=Warning']);
  });

  it.each<[string, readonly object[], string]>([
    [
      'is known by its time, whichever field has it',
      [
        event('A', 'old', { lastTimestamp: at(1) }),
        event('B', 'newest', { lastTimestamp: null, eventTime: at(1), series: { lastObservedTime: at(9) } }),
        event('C', 'between', { eventTime: at(5) }),
      ],
      'B: newest',
    ],
    [
      'is not that it backs off, which its status says',
      [event('BackOff', 'back-off', { lastTimestamp: at(9) }), event('FailedCreatePodSandBox', 'no network')],
      'FailedCreatePodSandBox: no network',
    ],
    [
      'names a probe that has no credentials',
      [event('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 401')],
      'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 401 (the probe has no credentials: probe and auth conflict)',
    ],
    ['is empty when there is none', [], ''],
  ])('%s', async (_what, items, expected) => {
    expect(await events(items).newest()).toBe(expected);
  });

  it('is only a hint: who may not read events does without', async () => {
    const forbidden = new ApiError({ verb: 'list', on: 'events' }, { code: 403, message: 'forbidden' });
    expect(await events(forbidden).newest()).toBe('');
  });

  it('ends with the step', async () => {
    const stop = new AbortController();
    stop.abort(new Error('cancelled'));
    expect(await errorOf(events(new Error('cancelled')).newest(stop.signal))).toMatchObject({
      message: 'cancelled',
    });
  });
});
