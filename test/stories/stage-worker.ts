/** A worker that stories can kill, and the moment to do it. */
export { startWorkerProgram, stepUnderWay } from '../../sandbox/worker-program.ts';
