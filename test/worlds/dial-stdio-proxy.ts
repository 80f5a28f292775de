import { spawn, spawnSync } from 'node:child_process';

/**
 * Run in place of `docker system dial-stdio`: stands between a worker and the real one, and has a program act at each
 * question before the engine gets it, and before the worker gets the answer.
 *
 * Arguments: the program, which is given the moment (`before`, `during`: when the engine has it, `after`), the question
 * (`GET /info`) and the worker's process number; and the real docker. A question before which the program fails is never
 * asked, and the connection ends.
 */
const [program = '', docker = ''] = process.argv.slice(2);
const worker = String(process.ppid);
const HEAD_END = '\r\n\r\n';

const real = spawn(docker, ['system', 'dial-stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
let head = '';
let asked: string | undefined;

process.stdin.on('data', (chunk: Buffer) => {
  head += chunk.toString('latin1');
  for (let end = head.indexOf(HEAD_END); end >= 0; end = head.indexOf(HEAD_END)) {
    const request = head.slice(0, end + HEAD_END.length);
    head = head.slice(request.length);
    asked = request.split(' ').slice(0, 2).join(' ');
    if (!act('before', asked)) process.exit(1);
    real.stdin.write(request, 'latin1');
    act('during', asked);
  }
});
process.stdin.on('end', () => real.stdin.end());
real.stdin.on('error', () => undefined);
real.stdout.on('data', (chunk: Buffer) => {
  if (asked) act('after', asked);
  asked = undefined;
  process.stdout.write(chunk);
});
real.on('close', (code) => process.exit(code ?? 1));

function act(moment: 'before' | 'during' | 'after', request: string): boolean {
  return (
    spawnSync(program, [moment, request, worker], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  );
}
