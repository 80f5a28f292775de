import { byTag, COMPOSE, literal, type Shape, variable, web } from './shape.ts';

const OVERRIDE = 'docker-compose.override.yml';
/** Several files: overrides, extends, include. */
export const SEVERAL: readonly Shape[] = [
  {
    name: 'override file that has the image',
    files: {
      [COMPOSE]: () => web(() => 'unused:v0')('', ''),
      [OVERRIDE]: (...v) => `services:\n  web:\n    image: ${byTag(...v)}\n`,
    },
    composeFiles: [COMPOSE, OVERRIDE],
    service: 'web',
    image: byTag,
    edit: literal(3, OVERRIDE),
  },
  {
    name: 'override file that has none',
    files: { [COMPOSE]: web(byTag), [OVERRIDE]: () => 'services:\n  web:\n    environment: [A=1]\n' },
    composeFiles: [COMPOSE, OVERRIDE],
    service: 'web',
    image: byTag,
    edit: literal(3),
  },
  {
    name: 'extends in the same file',
    files: {
      [COMPOSE]: (...v) => `services:
  base:
    image: ${byTag(...v)}
    network_mode: host
    profiles: [never]
  web:
    extends: {service: base}
    profiles: !reset []
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(3),
    sharedWith: ['base'],
    needsV2: true,
  },
  {
    name: 'extends a chain over files',
    files: {
      [COMPOSE]: () => `services:
  web:
    extends:
      file: common/web.yml
      service: web
`,
      'common/web.yml': () => `services:
  web:
    extends: {file: base.yml, service: base}
    network_mode: host
`,
      'common/base.yml': (...v) => `services:\n  base:\n    image: ${byTag(...v)}\n`,
    },
    service: 'web',
    image: byTag,
    edit: literal(3, 'common/base.yml'),
  },
  {
    name: 'extends in the short form',
    files: {
      [COMPOSE]: (...v) => `services:
  web:
    extends: base
    image: ${byTag(...v)}
  base:
    image: unused:v0
    network_mode: host
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(4),
  },
  {
    name: 'include in the short form, with an .env of its own',
    files: {
      [COMPOSE]: () => 'include:\n  - parts/web.yml\n',
      'parts/web.yml': web((r) => `${r}:\${TAG}`),
      'parts/.env': (_, tag) => `TAG=${tag}\n`,
    },
    service: 'web',
    image: byTag,
    edit: variable(1, 'parts/.env'),
    needsV2: true,
  },
  {
    name: 'include in the long form, nested',
    files: {
      [COMPOSE]: () =>
        'include:\n  - path: [parts/a.yml, override.yml]\n    project_directory: .\n    env_file: b.env\n',
      'parts/a.yml': () => 'include: [parts/web.yml]\nservices: {}\n',
      'parts/web.yml': web((r) => `${r}:\${TAG}`),
      'override.yml': () => 'services: {}\n',
      'b.env': (_, tag) => `TAG=${tag}\n`,
    },
    service: 'web',
    image: byTag,
    edit: variable(1, 'b.env'),
    needsV2: true,
  },
  {
    name: 'tags of Compose beside the image',
    files: {
      [COMPOSE]: (...v) => `${web(byTag)(...v)}    environment: {A: 1, B: 2}\n    command: [run]\n`,
      [OVERRIDE]: () => 'services:\n  web:\n    command: !reset []\n    environment: !override\n      B: 3\n',
    },
    composeFiles: [COMPOSE, OVERRIDE],
    service: 'web',
    image: byTag,
    edit: literal(3),
    needsV2: true,
  },
];
