import { byBoth, byDigest, byTag, COMPOSE, literal, plain, type Shape, web } from './shape.ts';

/** One compose file, written in all the ways that YAML allows. */
export const PLAIN: readonly Shape[] = [
  plain('plain', byTag),
  plain('in single quotes', (...v) => `'${byTag(...v)}'`),
  plain('in double quotes', (...v) => `"${byTag(...v)}"`),
  plain('with a comment with a tab and trailing blanks', (...v) => `${byTag(...v)}   # keep:\tthis   `),
  plain('pinned by digest', byDigest, byDigest),
  plain('tag and digest', byBoth, byBoth),
  { ...plain('folded over two lines', (...v) => `>-\n      ${byTag(...v)}`), edit: literal(4) },
  {
    ...plain('Windows line ends', byTag),
    files: { [COMPOSE]: (...v) => web(byTag)(...v).replaceAll('\n', '\r\n') },
  },
  {
    ...plain('byte order mark', byTag),
    files: { [COMPOSE]: (...v) => `\uFEFF${web(byTag)(...v)}` },
  },
  {
    name: 'no line end at the end of the file',
    files: { [COMPOSE]: (...v) => `services:\n  web:\n    network_mode: host\n    image: ${byTag(...v)}` },
    service: 'web',
    image: byTag,
    edit: literal(4),
  },
  {
    name: 'flow mapping',
    files: { [COMPOSE]: (...v) => `services:\n  web: {image: ${byTag(...v)}, network_mode: host}\n` },
    service: 'web',
    image: byTag,
    edit: literal(2),
  },
  {
    name: 'JSON',
    files: {
      'compose.json': (...v) =>
        `{"services": {\n  "web": {"image": "${byTag(...v)}", "network_mode": "host"}\n}}\n`,
    },
    composeFiles: ['compose.json'],
    service: 'web',
    image: byTag,
    edit: literal(2, 'compose.json'),
  },
  {
    name: 'build and image',
    files: {
      [COMPOSE]: (...v) => `services:
  web:
    build: .
    image: ${byTag(...v)}
    network_mode: host
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(4),
  },
  {
    name: 'profile',
    files: { [COMPOSE]: (...v) => `${web(byTag)(...v)}    profiles: [canary]\n` },
    service: 'web',
    profile: 'canary',
    image: byTag,
    edit: literal(3),
  },
];
