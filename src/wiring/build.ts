import { workflowBundle } from './bundle.ts';

// `npm run build`: makes the workflow bundle ahead of time, so that a worker starts without bundling.
const bundle = await workflowBundle();
process.stdout.write('codePath' in bundle ? `${bundle.codePath}\n` : 'dist/ cannot be written\n');
