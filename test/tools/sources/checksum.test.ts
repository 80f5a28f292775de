import { expect, test } from 'vitest';
import { checksumOf } from '../../../tools/sources/checksum.ts';

const A = 'a'.repeat(64);
const B = 'B'.repeat(64);

test.each([
  ['the hash alone', `${A}\n`, A],
  ['a line of sha256sum', `${A}  other.tar.gz\n${B}  tool.tar.gz\n`, B.toLowerCase()],
  ['a line in binary mode', `${A} *tool.tar.gz`, A],
  ['carriage returns', `${A}  tool.tar.gz\r\n`, A],
  ['a name that only ends alike', `${A}  my-tool.tar.gz\n`, undefined],
  ['a hash of another length', `${'a'.repeat(128)}  tool.tar.gz\n`, undefined],
  ['a page of HTML', '<html>404</html>', undefined],
  ['nothing', '', undefined],
])('reads %s', (_, text, expected) => {
  expect(checksumOf('v1/tool.tar.gz', text)).toBe(expected);
});
