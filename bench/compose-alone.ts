/** The half of `npm run bench` that is of Docker Compose, printed and not written: `node bench/compose-alone.ts [rounds]`. */
import { measureCompose } from './compose.ts';

const [rounds = '25'] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const figures = await measureCompose({ warmUp: 3, measured: Number(rounds) }, say);
say(JSON.stringify(figures, null, 2));
