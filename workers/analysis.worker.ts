import { expose } from 'comlink';
import { AnalysisService } from '../src/analysis/service.ts';

expose(new AnalysisService());
// The page waits for this word before its first call: a worker that failed to load would never answer one.
postMessage('analysis-ready');
