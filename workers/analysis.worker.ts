import { expose } from 'comlink';
import { AnalysisService } from '../src/analysis/service.ts';
import { createServiceHost } from '../src/app/worker-host/service-host.ts';
import { transferring } from '../src/app/worker-host/transferring.ts';

expose(transferring(new AnalysisService(createServiceHost())));
// The page waits for this word before its first call: a worker that failed to load would never answer one.
postMessage('analysis-ready');
