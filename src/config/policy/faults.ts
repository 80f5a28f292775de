import { isSamePerson } from '../../domain/people/people.ts';
import type { Answer } from '../../domain/steps/answers.ts';
import type { StepId } from '../../domain/steps/steps.ts';
import type { Fault } from '../faults.ts';
import type { ServiceEntry } from '../schema.ts';
import { possibleAnswers } from './schema.ts';

/** Under this wait, in ms, trying again without being asked is a busy loop. */
const SHORTEST_RETRY_WAIT = 1000;

/** What is wrong between keys of decisions, approval, budgets and follow-through. */
export function policyFaults(service: ServiceEntry, at: readonly PropertyKey[]): readonly Fault[] {
  return [...decisionFaults(service, at), ...approvalFaults(service, at), ...timeFaults(service, at)];
}

function decisionFaults({ decisions }: ServiceEntry, at: readonly PropertyKey[]): readonly Fault[] {
  const { wait, atDeadline, fallBacks, steps } = decisions;
  const path = [...at, 'decisions'];
  const faults: Fault[] = [];
  if (atDeadline === 'fall-back' && fallBacks === 0) {
    faults.push({ path: [...path, 'atDeadline'], message: 'never possible: fallBacks is 0' });
  }
  if (atDeadline === 'retry' && wait < SHORTEST_RETRY_WAIT) faults.push(endless([...path, 'atDeadline']));
  for (const [step, own] of Object.entries(steps)) {
    const answer: Answer = own.atDeadline ?? atDeadline;
    const key = own.atDeadline === undefined ? 'wait' : 'atDeadline';
    const possible = possibleAnswers(step as StepId, fallBacks).filter((one) => one !== 'change-target');
    if (own.atDeadline !== undefined && !possible.includes(own.atDeadline)) {
      const message = `never possible at this step (possible: ${possible.join(', ')})`;
      faults.push({ path: [...path, 'steps', step, 'atDeadline'], message });
    }
    const isOwn = own.wait !== undefined || own.atDeadline !== undefined;
    if (isOwn && answer === 'retry' && (own.wait ?? wait) < SHORTEST_RETRY_WAIT) {
      faults.push(endless([...path, 'steps', step, key]));
    }
  }
  return faults;
}

function endless(path: readonly PropertyKey[]): Fault {
  return {
    path,
    message: 'would try again without a pause and without end: retry needs a wait of at least 1s',
  };
}

function approvalFaults({ approval }: ServiceEntry, at: readonly PropertyKey[]): readonly Fault[] {
  const { quorum, approvers } = approval;
  const path = [...at, 'approval'];
  const faults: Fault[] = [];
  for (const [index, name] of approvers.entries()) {
    if (approvers.findIndex((other) => isSamePerson(other, name)) === index) continue;
    faults.push({ path: [...path, 'approvers', index], message: 'the same approver twice' });
  }
  if (approvers.length > 0 && quorum > approvers.length) {
    const message = `more than there are approvers (${approvers.length})`;
    faults.push({ path: [...path, 'quorum'], message });
  }
  return faults;
}

function timeFaults({ budgets, followThrough }: ServiceEntry, at: readonly PropertyKey[]): readonly Fault[] {
  const faults: Fault[] = [];
  if (budgets.acceptable < budgets.target) {
    faults.push({ path: [...at, 'budgets', 'acceptable'], message: 'expected not under target' });
  }
  const takes = (followThrough.failures - 1) * followThrough.every;
  if (followThrough.for > 0 && takes >= followThrough.for) {
    const { failures, every } = followThrough;
    const message = `can never find it unwell: ${failures} bad probes, one every ${every / 1000} s, take ${takes / 1000} s`;
    faults.push({ path: [...at, 'followThrough', 'for'], message });
  }
  return faults;
}
