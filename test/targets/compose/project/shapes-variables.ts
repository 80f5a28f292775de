import { byTag, COMPOSE, type FileOf, plain, type Shape, variable, web } from './shape.ts';

/** `localhost:5000` of `localhost:5000/app`. */
function registryOf(repository: string): string {
  return repository.slice(0, repository.lastIndexOf('/'));
}

/** `app` of `localhost:5000/app`. */
function nameOf(repository: string): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

function byDefault(line: number, path = COMPOSE): Shape['edit'] {
  return { path, line, how: 'default' };
}

/** A shape whose image takes TAG from `.env`, written like this. */
function fromEnv(name: string, line: number, env: FileOf, image: FileOf = (r) => `${r}:\${TAG}`): Shape {
  const files = { [COMPOSE]: web(image), '.env': env };
  return { name, files, service: 'web', image: byTag, edit: variable(line) };
}

/** Images with variables. */
export const VARIABLES: readonly Shape[] = [
  fromEnv('tag from .env', 2, (_, tag) => `# versions\nTAG=${tag}\nOTHER=1\n`),
  fromEnv(
    'short variable',
    1,
    (_, tag) => `TAG=${tag}\n`,
    (r) => `${r}:$TAG`,
  ),
  fromEnv(
    'required variable',
    1,
    (_, tag) => `TAG=${tag}\n`,
    (r) => `"${r}:\${TAG:?no tag}"`,
  ),
  fromEnv(
    'variable with an unused default',
    1,
    (_, tag) => `TAG=${tag}`,
    (r) => `${r}:\${TAG:-v0}`,
  ),
  fromEnv('quoted and commented in .env', 1, (_, tag) => `TAG="${tag}" # the tag\n`),
  fromEnv('single quotes and export in .env', 2, (_, tag) => `A=1\nexport TAG='${tag}'\n`),
  fromEnv('Windows line ends in .env', 2, (_, tag) => `A=1\r\nTAG=${tag}\r\nB=2\r\n`),
  fromEnv('comment behind a value in .env', 1, (_, tag) => `TAG=${tag} # the tag\n`),
  fromEnv('set twice in .env, the last wins', 2, (_, tag) => `TAG=v0\nTAG=${tag}\n`),
  fromEnv(
    'whole image in a variable',
    1,
    (...v) => `IMAGE=${byTag(...v)}\n`,
    () => `\${IMAGE:-unused:v0}`,
  ),
  fromEnv(
    'registry and tag in variables',
    2,
    (r, tag) => `REGISTRY=${registryOf(r)}\nTAG=${tag}\n`,
    (r) => `\${REGISTRY}/${nameOf(r)}:\${TAG:-v0}`,
  ),
  fromEnv(
    'a variable that is made of another',
    1,
    (r, tag) => `TAG=${tag}\nIMAGE="${r}:\${TAG}"\n`,
    () => `\${IMAGE}`,
  ),
  fromEnv(
    'part of the tag in a variable',
    1,
    (_, tag) => `VERSION=${tag.slice(1)}\n`,
    (r, tag) => `${r}:${tag.slice(0, 1)}\${VERSION}`,
  ),
  {
    ...plain('default of an unset variable', (r, tag) => `${r}:\${TAG:-${tag}}`),
    edit: byDefault(3),
  },
  {
    ...plain('default within a default', (...v) => `"\${IMAGE-\${OTHER:-${byTag(...v)}}}"`),
    edit: byDefault(3),
    needsV2: true,
  },
  plain('literal tag behind a variable', (r, tag) => `\${REPOSITORY:-${r}}:${tag}`),
  {
    name: 'two env files, the last wins',
    files: {
      [COMPOSE]: web((r) => `${r}:\${TAG}`),
      'common.env': () => 'TAG=v0\n',
      'production.env': (_, tag) => `TAG=${tag}\n`,
    },
    envFiles: ['common.env', 'production.env'],
    service: 'web',
    image: byTag,
    edit: variable(1, 'production.env'),
    needsV2: true,
  },
  {
    name: 'variable that another service uses',
    files: {
      [COMPOSE]: (...v) => `${web((r) => `${r}:\${TAG}`)(...v)}  worker:
    image: unused:\${TAG}
    network_mode: host
`,
      '.env': (_, tag) => `TAG=${tag}\n`,
    },
    service: 'web',
    image: byTag,
    edit: variable(1),
    sharedWith: ['worker'],
  },
];
