import { workflowBundle } from './bundle.ts';
import { log } from './worker-log.ts';

// `npm run build`: makes the workflow bundle ahead of time, so that a worker starts without bundling.
const bundle = await workflowBundle();
log('codePath' in bundle ? bundle.codePath : 'dist/ cannot be written');
