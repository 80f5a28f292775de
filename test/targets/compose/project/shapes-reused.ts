import { byTag, COMPOSE, literal, type Shape } from './shape.ts';

/** Anchors, aliases and merges. */
export const REUSED: readonly Shape[] = [
  {
    name: 'anchor and alias of the image',
    files: {
      [COMPOSE]: (...v) => `x-image: &image ${byTag(...v)}
services:
  web:
    image: *image
    network_mode: host
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(1),
  },
  {
    name: 'anchor that another service uses',
    files: {
      [COMPOSE]: (...v) => `services:
  web:
    image: &image "${byTag(...v)}" # both
    network_mode: host
  worker:
    image: *image
    network_mode: host
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(3),
    sharedWith: ['worker'],
  },
  {
    name: 'merge of a fragment that has the image',
    files: {
      [COMPOSE]: (...v) => `x-base: &base
  restart: unless-stopped
  image: ${byTag(...v)}
services:
  web:
    <<: *base
    network_mode: host
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(3),
  },
  {
    name: 'merge of several fragments, the first with an image wins',
    files: {
      [COMPOSE]: (...v) => `x-network: &network
  network_mode: host
x-first: &first {image: '${byTag(...v)}'}
x-second: &second {image: 'unused:v0'}
services:
  web:
    <<: [*network, *first, *second]
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(3),
  },
  {
    name: 'own image over a merged one',
    files: {
      [COMPOSE]: (...v) => `x-base: &base
  image: unused:v0
  network_mode: host
services:
  web:
    image: ${byTag(...v)}
    <<: *base
`,
    },
    service: 'web',
    image: byTag,
    edit: literal(6),
  },
];
