import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';

const file = 'runbook.yaml';
const endpoint = 'http://127.0.0.1:8181';
const onCluster = (deployment: string, more: object = {}) => ({
  kubernetes: { namespace: 'phoenix-orch', deployment },
  endpoint,
  ...more,
});
const onEngine = (directory: string, service = 'app') => ({ compose: { directory, service }, endpoint });
const SERVICES = { agents: onCluster('agents'), orchestrator: onCluster('orchestrator') };

const textOf = (groups: unknown, services: object = SERVICES) => stringify({ services, groups });
const faults = (text: string): string[] => {
  try {
    parseConfig(text, { file });
  } catch (error) {
    expect(error).toMatchObject({ type: 'InvalidConfig' });
    return (error as Error).message.split('\n').map((line) => line.replace(/^runbook.yaml:\d+:\d+ /, ''));
  }
  return [];
};

describe('groups of runbook.yaml', () => {
  it('are none unless there are some', () => {
    expect(parseConfig(stringify({ services: SERVICES }), { file }).groups).toEqual({});
  });

  it('have their members in order, and by default one after the other, all or back', () => {
    const text = textOf({ platform: { members: ['orchestrator', 'agents'] } });
    expect(parseConfig(text, { file }).groups).toEqual({
      platform: {
        name: 'platform',
        members: ['orchestrator', 'agents'],
        order: 'sequential',
        onFailure: 'restore',
      },
    });
  });

  const members = (...names: string[]) => ({ platform: { members: names } });
  it.each<[string, unknown, object, string]>([
    [
      'a single member',
      members('agents'),
      SERVICES,
      'groups.platform.members: expected at least two services',
    ],
    [
      'a member that is no service',
      members('agents', 'orchestratr'),
      SERVICES,
      'groups.platform.members[1]: not a service of this file, did you mean orchestrator?',
    ],
    ['the same twice', members('agents', 'agents'), SERVICES, 'groups.platform.members[1]: named twice'],
    [
      'a group with the name of a service',
      { agents: { members: ['agents', 'orchestrator'] } },
      SERVICES,
      'groups.agents: a service has this name: a run is started by one of them',
    ],
    [
      'members of two kinds',
      members('agents', 'web'),
      { ...SERVICES, web: onEngine('/srv/web') },
      'groups.platform.members[1]: is rolled back on compose, and agents on kubernetes: the members of a group are of one kind',
    ],
    [
      'members of two environments',
      members('agents', 'orchestrator'),
      { ...SERVICES, orchestrator: onCluster('orchestrator', { environment: 'staging' }) },
      'groups.platform.members[1]: is of another environment than agents: a run is of one',
    ],
    [
      'two profiles of one workload',
      members('agents', 'orchestrator'),
      { ...SERVICES, orchestrator: onCluster('agents') },
      'groups.platform.members[1]: is the same workload as agents',
    ],
    [
      'two services of one Compose project',
      members('agents', 'orchestrator'),
      { agents: onEngine('/srv/one', 'agents'), orchestrator: onEngine('/srv/one', 'orchestrator') },
      "groups.platform.members[1]: is of the same Compose project as agents: the change of one is a change of the files that the other's plan was made on",
    ],
    [
      'members that nobody may approve together',
      members('agents', 'orchestrator'),
      {
        agents: onCluster('agents', { approval: { required: true, approvers: ['ada'] } }),
        orchestrator: onCluster('orchestrator', { approval: { required: true, approvers: ['ben'] } }),
      },
      'groups.platform.members: nobody could approve for all of them: 1 must, and 0 may for each member',
    ],
    [
      'another policy',
      { platform: { members: ['agents', 'orchestrator'], onFailure: 'undo' } },
      SERVICES,
      'groups.platform.onFailure: expected one of "restore"|"keep"|"fall-back"',
    ],
  ])('are refused: %s', (_what, groups, services, fault) => {
    expect(faults(textOf(groups, services))).toEqual([fault]);
  });

  it('of services of two Compose projects are taken', () => {
    const services = { agents: onEngine('/srv/one'), orchestrator: onEngine('/srv/two') };
    expect(faults(textOf(members('agents', 'orchestrator'), services))).toEqual([]);
  });
});
