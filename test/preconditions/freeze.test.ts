import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAYS } from '../../src/preconditions/freeze/settings.ts';
import { openAt } from '../../src/preconditions/freeze/windows.ts';
import { dayIn, whenClocksShow } from '../../src/preconditions/freeze/zoned-time.ts';
import { foundBy, planOf, settingsOf } from './surroundings.ts';

type Window = Parameters<typeof openAt>[0];
const every = [...DAYS];
const window = (
  days: readonly (typeof DAYS)[number][],
  from: string,
  to: string,
  timezone = 'Europe/Berlin',
): Window => ({ name: 'w', days, from, to, timezone });

/** The end of the window that is open at a moment, in UTC; `outside` where none is. */
function at(one: Window, moment: string): string {
  const open = openAt(one, Date.parse(moment));
  return open ? new Date(open.until).toISOString().slice(0, 16) : 'outside';
}

describe('a window that comes again', () => {
  const weekend = window(['fri', 'sat', 'sun'], '18:00', '08:00');
  const noon = window(['mon'], '12:00', '13:00');
  const wholeDay = window(['wed'], '00:00', '00:00');

  // 2026-12-04 is a Friday; Berlin is at +01:00 then.
  it.each<[string, Window, string, string]>([
    ['before it begins', weekend, '2026-12-04T16:59:59Z', 'outside'],
    ['the moment it begins', weekend, '2026-12-04T17:00:00Z', '2026-12-05T07:00'],
    ['at midnight', weekend, '2026-12-04T23:00:00Z', '2026-12-05T07:00'],
    ['a second before it ends', weekend, '2026-12-05T06:59:59.999Z', '2026-12-05T07:00'],
    ['the moment it ends', weekend, '2026-12-05T07:00:00Z', 'outside'],
    ['on the evening of its last day', weekend, '2026-12-06T20:00:00Z', '2026-12-07T07:00'],
    ['in the night after its last day', weekend, '2026-12-07T02:00:00Z', '2026-12-07T07:00'],
    ['in the evening of another day', weekend, '2026-12-07T20:00:00Z', 'outside'],
    ['in the night to its first day, which is of the day before', weekend, '2026-12-04T02:00:00Z', 'outside'],
    ['within a day', noon, '2026-12-07T11:30:00Z', '2026-12-07T12:00'],
    ['at the same hour of another day', noon, '2026-12-08T11:30:00Z', 'outside'],
    ['a whole day, from its midnight', wholeDay, '2026-12-08T23:00:00Z', '2026-12-09T23:00'],
    ['a whole day, before its midnight', wholeDay, '2026-12-08T22:59:59Z', 'outside'],
    [
      'where it is another day than in UTC',
      window(['sat'], '00:30', '02:00', 'Pacific/Auckland'),
      '2026-12-04T12:00:00Z',
      '2026-12-04T13:00',
    ],
    [
      'where it is the day before UTC',
      window(['fri'], '22:00', '23:00', 'America/Los_Angeles'),
      '2026-12-05T06:30:00Z',
      '2026-12-05T07:00',
    ],
    [
      'where clocks are off by 45 minutes',
      window(['fri'], '12:00', '13:00', 'Asia/Kathmandu'),
      '2026-12-04T06:15:00Z',
      '2026-12-04T07:15',
    ],
    ['in UTC', window(['fri'], '12:00', '13:00', 'UTC'), '2026-12-04T12:59:59Z', '2026-12-04T13:00'],
  ])('%s', (_, one, moment, expected) => {
    expect(at(one, moment)).toBe(expected);
  });

  // Berlin: clocks go from 02:00 to 03:00 on 2027-03-28 (01:00Z), and from 03:00 back to 02:00 on 2026-10-25 (01:00Z).
  it.each<[string, Window, string, string]>([
    [
      'over the hour that is missing',
      window(['sat'], '22:00', '06:00'),
      '2027-03-28T03:59:00Z',
      '2027-03-28T04:00',
    ],
    ['and ends by the new time', window(['sat'], '22:00', '06:00'), '2027-03-28T04:00:00Z', 'outside'],
    [
      'that begins in the hour that is missing: when clocks are put forward',
      window(['sun'], '02:30', '04:00'),
      '2027-03-28T01:00:00Z',
      '2027-03-28T02:00',
    ],
    ['and not before', window(['sun'], '02:30', '04:00'), '2027-03-28T00:59:59Z', 'outside'],
    [
      'that ends in the hour that is missing: when clocks are put forward',
      window(['sun'], '01:00', '02:30'),
      '2027-03-28T00:59:59Z',
      '2027-03-28T01:00',
    ],
    ['and not later', window(['sun'], '01:00', '02:30'), '2027-03-28T01:00:00Z', 'outside'],
    [
      'wholly in the hour that is missing: it has no moment',
      window(['sun'], '02:15', '02:45'),
      '2027-03-28T01:00:00Z',
      'outside',
    ],
    [
      'over the hour that is twice',
      window(['sat'], '22:00', '06:00'),
      '2026-10-25T04:59:00Z',
      '2026-10-25T05:00',
    ],
    [
      'that begins in the hour that is twice: at its first time',
      window(['sun'], '02:30', '04:00'),
      '2026-10-25T00:30:00Z',
      '2026-10-25T03:00',
    ],
    [
      'and stays open when clocks are put back before it',
      window(['sun'], '02:30', '04:00'),
      '2026-10-25T01:10:00Z',
      '2026-10-25T03:00',
    ],
    [
      'that ends in the hour that is twice: at its second time',
      window(['sun'], '01:00', '02:30'),
      '2026-10-25T00:45:00Z',
      '2026-10-25T01:30',
    ],
    ['and not later than that', window(['sun'], '01:00', '02:30'), '2026-10-25T01:30:00Z', 'outside'],
    [
      'wholly in the hour that is twice: from the first to the second',
      window(['sun'], '02:10', '02:20'),
      '2026-10-25T01:05:00Z',
      '2026-10-25T01:20',
    ],
    [
      'of the day before clocks change',
      window(['sat'], '02:30', '04:00'),
      '2027-03-27T02:00:00Z',
      '2027-03-27T03:00',
    ],
    [
      'where clocks change by half an hour',
      window(['sun'], '01:45', '03:00', 'Australia/Lord_Howe'),
      '2026-04-04T15:10:00Z',
      '2026-04-04T16:30',
    ],
    [
      'where clocks change at midnight: from the first moment of the day',
      window(['sun'], '00:00', '02:00', 'America/Santiago'),
      '2026-09-06T04:00:00Z',
      '2026-09-06T05:00',
    ],
    [
      'where a whole day was left out',
      window(['fri'], '10:00', '12:00', 'Pacific/Apia'),
      '2011-12-30T10:30:00Z',
      'outside',
    ],
  ])('%s', (_, one, moment, expected) => {
    expect(at(one, moment)).toBe(expected);
  });

  it('has a moment for what clocks show, and shows it, whatever the zone and the day', () => {
    const zones = [
      'Europe/Berlin',
      'America/Santiago',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Tehran',
      'UTC',
    ];
    const moment = fc.integer({ min: Date.parse('2000-01-01'), max: Date.parse('2040-01-01') });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (ms, zone) => {
        const minute = Math.floor(ms / 60_000) * 60_000;
        const shown = new Intl.DateTimeFormat('en-GB', {
          timeZone: zone,
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        });
        const { earliest, latest } = whenClocksShow(dayIn(minute, zone), shown.format(minute), zone);
        expect(earliest).toBeLessThanOrEqual(latest);
        expect([earliest, latest]).toContain(minute);
      }),
      { numRuns: 300 },
    );
  });

  it('of every day and the whole day is never outside', () => {
    const moment = fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2030-01-01') });
    fc.assert(
      fc.property(
        moment,
        fc.constantFrom('Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe'),
        (ms, zone) => {
          expect(openAt(window(every, '03:00', '03:00', zone), ms)).toBeDefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a window with a beginning and an end', () => {
  const once: Window = {
    name: 'year end',
    from: '2026-12-24T00:00:00+01:00',
    to: '2027-01-02T00:00:00+01:00',
  };
  it.each([
    ['2026-12-23T22:59:59Z', 'outside'],
    ['2026-12-23T23:00:00Z', '2027-01-01T23:00'],
    ['2027-01-01T22:59:59Z', '2027-01-01T23:00'],
    ['2027-01-01T23:00:00Z', 'outside'],
  ])('at %s: %s', (moment, expected) => expect(at(once, moment)).toBe(expected));
});

describe('the change freezes of a service', () => {
  const freezes = [
    { name: 'nights', days: ['fri'], from: '18:00', to: '08:00', timezone: 'Europe/Berlin' },
    { name: 'year end', from: '2026-12-04T00:00:00Z', to: '2027-01-02T00:00:00Z' },
  ];
  const found = (now: string) =>
    foundBy({ freeze: settingsOf('freeze', { freezes }) }, planOf('app:1'), { now: () => Date.parse(now) });

  it('are named, each with its end by the clocks that it goes by', async () => {
    expect(await found('2026-12-04T20:00:00Z')).toEqual([
      {
        id: 'freeze',
        state: 'not-met',
        says: '"nights" lasts until Sat 2026-12-05 08:00 Europe/Berlin',
        remedy: 'wait for its end',
      },
      {
        id: 'freeze',
        state: 'not-met',
        says: '"year end" lasts until Sat 2027-01-02 00:00 UTC',
        remedy: 'wait for its end',
      },
    ]);
  });

  it('hold nothing up outside of them', async () => {
    expect(await found('2026-12-03T20:00:00Z')).toEqual([
      { id: 'freeze', state: 'met', says: 'none of 2 windows is open' },
    ]);
  });
});
