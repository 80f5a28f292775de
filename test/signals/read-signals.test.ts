import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import type { SignalDefinition, SignalReading, SignalSourceId } from '../../src/domain/need/signals.ts';
import { type AskedSource, createSignalReader, type Preference } from '../../src/signals/read-signals.ts';

const definition = (id: string, changes: Partial<SignalDefinition> = {}): SignalDefinition => ({
  ...{ id, title: id, unit: 'ratio', windowMs: 300_000, minSamples: 10, worse: 'higher', limit: 0.05 },
  ...{ decides: true, ...changes },
});
const question = (signal: AbortSignal = new AbortController().signal) => ({
  ...{ from: 0, to: 1000, instances: [], signal },
});

type Says = number | string | SignalReading;
const reading = (source: SignalSourceId, says: Says): SignalReading => {
  if (typeof says === 'object') return says;
  if (typeof says === 'string') return { kind: 'no-data', source, why: says };
  const past = source === 'prometheus' ? [{ at: 1, value: 0 }] : [];
  return { kind: 'measured', source, now: { at: 1000, value: says, samples: 100 }, past };
};

/** A source that has the signals of these ids, and notes what it is asked for. */
function source(id: SignalSourceId, says: Readonly<Record<string, Says>>) {
  const asked: string[][] = [];
  const one: AskedSource = {
    id,
    has: (signal) => Object.hasOwn(says, signal),
    source: {
      read: async (definitions) => {
        asked.push(definitions.map((wanted) => wanted.id));
        return definitions.map((wanted) => reading(id, says[wanted.id] ?? 'nothing'));
      },
    },
  };
  return { ...one, asked };
}

const failing = (id: SignalSourceId, read: AskedSource['source']['read']): AskedSource => ({
  ...{ id, has: () => true, source: { read } },
});

async function read(
  sources: readonly AskedSource[],
  ids: readonly (string | SignalDefinition)[] = ['plans'],
  { prefer = 'prometheus' as Preference, deadlineMs = 5000, asking = question() } = {},
) {
  const definitions = ids.map((id) => (typeof id === 'string' ? definition(id) : id));
  const found = await createSignalReader({ definitions, sources, prefer, deadlineMs }).read(asking);
  expect(found.map((one) => one.definition)).toEqual(definitions);
  return found.map((one) => one.reading);
}

describe('each signal is read from the best source', () => {
  it('Prometheus first, and a scrape is asked for what that cannot tell alone', async () => {
    const prometheus = source('prometheus', { plans: 0.4, calls: 'no series', own: 3 });
    const scrape = source('scrape', { plans: 0.1, calls: 0.2 });
    const api = source('http', { chat: 0.5 });
    const found = await read([api, scrape, prometheus], ['plans', 'chat', 'calls', 'own']);
    expect(found).toEqual([
      reading('prometheus', 0.4),
      reading('http', 0.5),
      { ...reading('scrape', 0.2), notes: ['prometheus: no series'] },
      reading('prometheus', 3),
    ]);
    expect(scrape.asked).toEqual([['calls']]);
    expect(prometheus.asked).toEqual([['plans', 'calls'], ['own']]);
  });

  it('a scrape first where that is preferred', async () => {
    const prometheus = source('prometheus', { plans: 0.4, calls: 0.3 });
    const scrape = source('scrape', { plans: 0.1, calls: 'no instance' });
    const found = await read([prometheus, scrape], ['plans', 'calls'], { prefer: 'scrape' });
    expect(found).toEqual([
      reading('scrape', 0.1),
      { ...reading('prometheus', 0.3), notes: ['scrape: no instance'] },
    ]);
    expect(prometheus.asked).toEqual([['calls']]);
  });

  it('says what each of them could not tell, and that nobody has it', async () => {
    const both = [source('prometheus', { plans: 'no series' }), source('scrape', { plans: 'no instance' })];
    expect(await read(both)).toEqual([
      { kind: 'no-data', source: 'prometheus', why: 'prometheus: no series; scrape: no instance' },
    ]);
    expect(await read([source('http', { chat: '429' })], ['chat'])).toEqual([reading('http', '429')]);
    expect(await read([])).toMatchObject([
      { kind: 'no-data', why: expect.stringContaining('no source has it') },
    ]);
  });
});

describe('both at once', () => {
  const told = (samples: number, notes?: readonly string[]): SignalReading => ({
    ...{ kind: 'measured', source: 'scrape', past: [], now: { at: 1000, value: 0.4, samples } },
    ...(notes ? { notes } : {}),
  });

  it.each<[string, number, Says, Partial<SignalDefinition>, readonly string[] | undefined]>([
    ['agree', 0.4, 0.3, {}, undefined],
    ['differ by less than three times', 0.4, 0.15, {}, undefined],
    [
      'differ',
      0.01,
      told(80, ['over the life of 2 instances']),
      {},
      ['scrape says 0.4 of 80: over the life of 2 instances'],
    ],
    ['differ without a word', 0.4, 0.01, {}, ['scrape says 0.01 of 100: another number']],
    ['differ by noise', 0.001, 0.01, { noise: 0.02 }, undefined],
    ['differ, of too few events', 0.01, told(9), {}, undefined],
    ['one is 0', 0, 0.2, {}, ['scrape says 0.2 of 100: another number']],
    ['one says nothing', 0.4, 'no instance', {}, ['scrape: no instance']],
  ])('%s', async (_, prometheus, scrape, changes, notes) => {
    const sources = [source('prometheus', { plans: prometheus }), source('scrape', { plans: scrape })];
    const [found] = await read(sources, [definition('plans', changes)], { prefer: 'both' });
    expect(found).toEqual({ ...reading('prometheus', prometheus), ...(notes ? { notes } : {}) });
  });

  it('one stands for the other', async () => {
    const sources = [source('scrape', { plans: 0.4 }), source('prometheus', { plans: 'refused' })];
    expect(await read(sources, ['plans'], { prefer: 'both' })).toEqual([
      { ...reading('scrape', 0.4), notes: ['prometheus: refused'] },
    ]);
  });
});

it.each<[number | undefined, number, number]>([
  [undefined, 300_000, 40_000],
  [120_400, 120_000, 40_000],
  [10_999, 10_000, 10_000],
  [10, 1000, 1000],
  [600_000, 300_000, 40_000],
])('after a change of %s ms ago no value is taken over more', async (longestWindowMs, long, short) => {
  const asked: number[] = [];
  const windows = failing('prometheus', async (definitions) => {
    asked.push(...definitions.map(({ windowMs }) => windowMs));
    return definitions.map(() => reading('prometheus', 1));
  });
  const definitions = [definition('long'), definition('short', { windowMs: 40_000 })];
  const options = { definitions, sources: [windows], prefer: 'prometheus', deadlineMs: 5000 } as const;
  const found = await createSignalReader(options).read({
    ...question(),
    ...(longestWindowMs === undefined ? {} : { longestWindowMs }),
  });
  expect(asked).toEqual([long, short]);
  expect(found.map((one) => one.definition.windowMs)).toEqual([long, short]);
});

describe('a source that fails is no data of its signals', () => {
  const rest = source('http', { chat: 0.5 });
  const only = (one: AskedSource): AskedSource => ({ ...one, has: (id) => id === 'plans' });

  it.each<[string, AskedSource['source']['read'], string]>([
    [
      'throws',
      async () => Promise.reject(new TypeError('secret detail')),
      'it failed unexpectedly (TypeError)',
    ],
    [
      'throws at once',
      () => {
        throw new TypeError('secret detail');
      },
      'it failed unexpectedly (TypeError)',
    ],
    [
      'lacks a secret',
      async () => Promise.reject(new RunbookError('SecretUnavailable', 'TOKEN is not set')),
      'TOKEN is not set',
    ],
    ['says too little', async () => [], 'it gave no number'],
    ['gives NaN', async () => [reading('scrape', Number.NaN)], 'it gave no number'],
    ['gives infinity', async () => [reading('scrape', Number.POSITIVE_INFINITY)], 'it gave no number'],
    ['never answers', () => new Promise(() => {}), 'no answer within 0.05 s'],
    [
      'obeys the deadline',
      async (_, { signal }) =>
        new Promise((__, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      'no answer within 0.05 s',
    ],
  ])('%s', async (_, reads, why) => {
    const deadlineMs = why.includes('0.05') ? 50 : 5000;
    const found = await read([only(failing('scrape', reads)), rest], ['plans', 'chat'], { deadlineMs });
    expect(found).toEqual([{ kind: 'no-data', source: 'scrape', why }, reading('http', 0.5)]);
  });

  it('and a cancelled step is no failed source', async () => {
    const step = new AbortController();
    const hanging = failing('scrape', () => new Promise(() => {}));
    const reads = read([hanging], ['plans'], { asking: question(step.signal) });
    step.abort(new Error('cancelled'));
    await expect(reads).rejects.toThrow('cancelled');
    await expect(read([hanging], ['plans'], { asking: question(step.signal) })).rejects.toThrow('cancelled');
  });
});
