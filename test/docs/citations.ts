import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../..');

const FOLDERS = ['src', 'sandbox', 'tools', 'bench', 'test', 'examples', 'deploy', 'docs'];
const TEXTS = ['.ts', '.mjs', '.md', '.yaml', '.yml', '.sh'];

/** Every text of the repository that may cite a document, by its path from the root. */
export function textFiles(): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return [...inFolders, ...readdirSync(ROOT)].filter((file) => TEXTS.includes(extname(file)));
}

/** What one text says of another, and why it is wrong; none when everything that it cites is there. */
export function faultsOf(file: string, text: string): readonly string[] {
  const flat = joined(text);
  return [
    ...contractFaults(flat),
    ...sectionFaults(flat),
    ...runbookFaults(flat),
    ...decisionFaults(flat),
    ...fileFaults(flat),
    ...(file.endsWith('.md') ? linkFaults(file, text) : []),
  ].map((fault) => `${file}: ${fault}`);
}

const FENCES = /^ *```[\s\S]*?^ *```/gm;
const anchors = new Map<string, ReadonlySet<string>>();

/** The anchors of a Markdown file: the ones that it sets, and those that GitHub makes of its headings. */
export function anchorsOf(file: string): ReadonlySet<string> {
  const known = anchors.get(file);
  if (known) return known;
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(FENCES, '');
  const set = [...text.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id = '']) => id);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugOf(heading));
  const all = new Set([...set, ...headings]);
  anchors.set(file, all);
  return all;
}

/** As GitHub does it: markup and punctuation away, blanks to dashes. */
function slugOf(heading: string): string {
  const plain = heading.replaceAll(/<[^>]*>|\]\([^)]*\)/g, '').trim();
  return plain
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

/** A citation may be broken over lines, within comments too. */
function joined(text: string): string {
  return text.replaceAll(/\s*\n[ \t]*(?:\/\/|\*(?!\/)|#+|>|-(?= ))?[ \t]*/g, ' ');
}

/** `4`, `3.2 and 6.1`, `2, 3.1`. */
const SECTIONS = /\d+(?:\.\d+)*(?:(?:, | and | to )\d+(?:\.\d+)*)*/;
const CONTRACT = new RegExp(`\\b(?:service )?contract, (?:(sections? )?(${SECTIONS.source})|section)`, 'gi');
const RUNBOOK = new RegExp(
  `(?<![-\\w/.])runbook(?: |, |’s |'s )(sections? )?(${SECTIONS.source})(?:, option ([AB]))?(?!\\w|\\.\\d)`,
  'gi',
);

function contractFaults(flat: string): string[] {
  return [...flat.matchAll(CONTRACT)].flatMap(([cited, section, numbers]) =>
    section || !numbers || !/^service/i.test(cited)
      ? [`"${cited}" is to be written as service contract and the number alone`]
      : missing(cited, numbers, 'docs/service-contract.md'),
  );
}

/** A section of which nobody says the document; standards are cited by their number. */
function sectionFaults(flat: string): string[] {
  const bare = [...flat.matchAll(/(?<!RFC \d+, )\bsections? \d+(?:\.\d+)*|\btrap \d/gi)];
  return bare.map(([cited]) => `"${cited}": of which document?`);
}

function runbookFaults(flat: string): string[] {
  return [...flat.matchAll(RUNBOOK)].flatMap(([cited, section, numbers = '', option]) => {
    if (section) return [`"${cited}" is to be written as runbook and the number alone`];
    const wanted = option ? `${numbers}-${option.toLowerCase()}` : numbers;
    return missing(cited, wanted, 'docs/runbook.md');
  });
}

function missing(cited: string, numbers: string, file: string): string[] {
  return numbers
    .split(/, | and | to /)
    .filter((number) => !anchorsOf(file).has(number))
    .map((number) => `"${cited}": ${file} has no ${number}`);
}

function decisionFaults(flat: string): string[] {
  const files = readdirSync(join(ROOT, 'docs/decisions'));
  const cited = [...flat.matchAll(/\bdecisions?[ /](\d+)(?:(?:, | and )(\d+))*/gi)];
  return cited.flatMap(([words, ...numbers]) =>
    numbers
      .filter((number) => number !== undefined)
      .filter((number) => !files.some((file) => file.startsWith(number.padStart(4, '0'))))
      .map((number) => `"${words}": there is no decision ${number}`),
  );
}

/** Documents of this repository that are named by their path, in whatever text. */
function fileFaults(flat: string): string[] {
  const named = [...flat.matchAll(/(?<![\w/.-])docs\/(?:decisions\/)?[\w-]+\.md\b/g)];
  return named.flatMap(([file]) => (existsSync(join(ROOT, file)) ? [] : [`there is no ${file}`]));
}

function linkFaults(file: string, text: string): string[] {
  const prose = text.replaceAll(FENCES, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
    if (!existsSync(join(ROOT, target))) return [`link to ${link}: there is no ${target}`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    return anchorsOf(target).has(anchor) ? [] : [`link to ${link}: ${target} has no such section`];
  });
}
