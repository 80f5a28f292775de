import { describe, expect, it } from 'vitest';
import { readWeb } from '../read-project.ts';

describe('the files that a service uses', () => {
  it('are all that decide what it is, each once', async () => {
    const { usedFiles } = await readWeb(
      {
        'docker-compose.yml': `include: [parts/other.yml]
services:
  web:
    extends: {file: common/base.yml, service: base}
    environment: {LEVEL: "\${LEVEL}"}
    env_file:
      - ./app.env
      - path: local.env
        required: false
    configs: [app, {source: extra, target: /extra}, literal]
    secrets: [password]
    volumes:
      - ./nginx.conf:/etc/nginx.conf:ro
      - {type: bind, source: conf/site.conf, target: /site}
      - {type: volume, source: named, target: /named}
      - named:/data
      - ../outside.conf:/outside
      - /etc/hosts:/hosts
      - .:/src
  other: {image: "b:\${OTHER}", env_file: other.env}
configs:
  app: {file: ./app.conf}
  extra: {file: replaced.conf}
  unused: {file: unused.conf}
  literal: {content: x}
secrets:
  password: {file: password.txt}
`,
        'docker-compose.override.yml':
          'services:\n  web: {env_file: app.env}\nconfigs: {extra: {file: conf/extra.conf}}\n',
        'parts/other.yml': 'services: {}\n',
        'common/base.yml': `services:\n  base: {image: "a:\${TAG}", env_file: base.env, label_file: ../labels}\n`,
        '.env': 'LEVEL=1\n',
        'production.env': 'TAG=v1\n',
        'unused.env': 'OTHER=1\n',
      },
      {
        files: ['./docker-compose.yml', 'docker-compose.override.yml'],
        envFiles: ['.env', './production.env', 'unused.env'],
      },
    );
    expect(usedFiles).toEqual([
      { path: 'docker-compose.yml', kind: 'compose' },
      { path: 'parts/other.yml', kind: 'compose' },
      { path: 'docker-compose.override.yml', kind: 'compose' },
      { path: 'common/base.yml', kind: 'compose' },
      { path: 'production.env', kind: 'interpolation' },
      { path: '.env', kind: 'interpolation' },
      { path: 'common/base.env', kind: 'env-file' },
      { path: 'app.env', kind: 'env-file' },
      { path: 'local.env', kind: 'env-file', mayBeMissing: true },
      { path: 'labels', kind: 'env-file' },
      { path: 'app.conf', kind: 'config' },
      { path: 'conf/extra.conf', kind: 'config' },
      { path: 'nginx.conf', kind: 'bind' },
      { path: 'conf/site.conf', kind: 'bind' },
      { path: 'password.txt', kind: 'secret', mayBeMissing: true },
    ]);
  });

  it('do not hold an env file whose variables are all set in the environment', async () => {
    const { usedFiles } = await readWeb(
      {
        'docker-compose.yml': `services:\n  web: {image: "a:v1", labels: {l: "\${LEVEL}"}}\n`,
        '.env': 'LEVEL=1\n',
      },
      { environment: { LEVEL: '2' } },
    );
    expect(usedFiles).toEqual([{ path: 'docker-compose.yml', kind: 'compose' }]);
  });
});

describe('the dependants of a service', () => {
  it('are those that Compose starts after it', async () => {
    const { dependants } = await readWeb(`services:
  web: {image: "a:1", depends_on: [db]}
  db: {image: "b:1"}
  listed: {image: "c:1", depends_on: [web, db]}
  mapped: {image: "c:1", depends_on: {web: {condition: service_healthy}}}
  linked: {image: "c:1", links: ["web:alias"]}
  beside: {image: "c:1", network_mode: "service:web"}
  mounted: {image: "c:1", volumes_from: ["web:ro"]}
  other: {image: "c:1", depends_on: [db], network_mode: host}
`);
    expect(dependants).toEqual(['listed', 'mapped', 'linked', 'beside', 'mounted']);
  });
});

describe('the name of a project', () => {
  const named = (name: string) => `name: ${name}\nservices:\n  web: {image: "a:1"}\n`;

  it.each([
    ['undefined without one', 'services:\n  web: {image: "a:1"}\n', '', {}, undefined],
    ['that of the file', named('shop'), '', {}, 'shop'],
    ['interpolated', named(`"shop-\${STAGE:-dev}"`), 'STAGE=live\n', {}, 'shop-live'],
    [
      'the variable of .env before that of the file',
      named('shop'),
      'COMPOSE_PROJECT_NAME=other\n',
      {},
      'other',
    ],
    [
      'the variable of the environment before all',
      named('shop'),
      'COMPOSE_PROJECT_NAME=other\n',
      { COMPOSE_PROJECT_NAME: 'mine' },
      'mine',
    ],
  ])('is %s', async (_name, text, env, environment, expected) => {
    const service = await readWeb({ 'docker-compose.yml': text, '.env': env }, { environment });
    expect(service.projectName).toBe(expected);
  });

  it('is that of the last file that has one, never of an included file', async () => {
    const files = {
      'a.yml': named('first'),
      'b.yml': 'name: second\ninclude: [d.yml]\n',
      'c.yml': '{}',
      'd.yml': 'name: included\n',
    };
    expect((await readWeb(files, { files: ['a.yml', 'b.yml', 'c.yml'] })).projectName).toBe('second');
  });
});
