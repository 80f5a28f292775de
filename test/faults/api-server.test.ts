import { afterAll, beforeAll, describe, it } from 'vitest';
import { openStage, type Stage } from '../stories/stage.ts';
import { carryOut, endOf, type FaultCase } from './api-server/case.ts';
import { controllers } from './api-server/controllers.ts';
import { meanwhile } from './api-server/meanwhile.ts';
import { lasting, lostAnswers, passing, rateLimited } from './api-server/passing.ts';
import { forbidden, lostTokens, rotatedTokens } from './api-server/refusals.ts';
import { watches } from './api-server/watches.ts';
import { EVERYTHING } from './rows.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const FAMILIES: Readonly<Record<string, readonly FaultCase[]>> = {
  'API server fails': [...lasting, ...passing],
  'API server asks to wait': rateLimited,
  'API server loses an answer': lostAnswers,
  'API server refuses': [...rotatedTokens, ...lostTokens, ...forbidden],
  'watch breaks': watches,
  'somebody else changes the Deployment': meanwhile,
};
const chosen = (cases: readonly FaultCase[]) => cases.filter(({ short }) => EVERYTHING || short);
const TIME_LIMIT = 200_000;

describe.each(Object.entries(FAMILIES))('%s', (family, cases) => {
  for (const one of chosen(cases)) {
    it.concurrent(
      `${one.fault}: ${endOf(one.end)}`,
      () => carryOut(stage, family, one),
      one.withinMs ?? TIME_LIMIT,
    );
  }
});

describe('controllers stand still', () => {
  for (const one of chosen(controllers)) {
    it(`${one.fault}: ${endOf(one.end)}`, () => carryOut(stage, 'controllers stand still', one), TIME_LIMIT);
  }
});
