import { describe, expect, it } from 'vitest';
import {
  Interface,
  INTERFACE_NAMES,
  interfaceOf,
  Operation,
  OPERATION_NAMES,
  type OperationCode,
} from '../../src/lwm2m/operation.ts';
import { NO_FORMAT } from '../../src/lwm2m/operation-event.ts';
import { parsePath } from '../../src/lwm2m/path.ts';
import { queryFlags } from '../../src/lwm2m/query.ts';
import {
  classifyRequest,
  Direction,
  RequestFacts,
  roleEvidence,
  settleByResponse,
} from '../../src/lwm2m/request-classification.ts';

const METHODS = { GET: 1, POST: 2, PUT: 3, DELETE: 4, FETCH: 5, PATCH: 6, iPATCH: 7 };

interface Request {
  query?: string;
  format?: number;
  accept?: number;
  observe?: number;
  length?: number;
  direction?: 'up' | 'down';
  window?: boolean;
  location?: boolean;
  download?: boolean;
  executable?: number;
}

function factsOf(line: string, request: Request): RequestFacts {
  const [method = '', path = ''] = line.split(' ');
  const facts = new RequestFacts();
  facts.method = METHODS[method as keyof typeof METHODS];
  facts.path = parsePath(path);
  facts.queryFlags = queryFlags(request.query ?? '');
  facts.contentFormat = request.format ?? NO_FORMAT;
  facts.accept = request.accept ?? NO_FORMAT;
  facts.observe = request.observe ?? -1;
  facts.payloadLength = request.length ?? (request.format === undefined ? 0 : 5);
  facts.direction = Direction[request.direction ?? 'unknown'];
  facts.inBootstrapWindow = request.window ?? false;
  facts.isRegistrationLocation = request.location ?? false;
  facts.isDownloadTarget = request.download ?? false;
  facts.executable = request.executable ?? -1;
  return facts;
}

const nameOf = (operation: OperationCode): string => OPERATION_NAMES[operation];

// Row numbers are those of the decision table that follows LwM2M Transport §6.4.
const ROWS: [number, string, Request, string][] = [
  [1, 'POST /bs', { query: 'ep=dev1' }, 'Bootstrap-Request'],
  [1, 'POST /api/bs', { query: 'ep=dev1' }, 'Bootstrap-Request'],
  [1, 'POST /api/bs', { query: 'x=1' }, ''],
  [1, 'POST /bs', { query: 'pct=112' }, 'Bootstrap-Request'],
  [1, 'POST /bs', { direction: 'up' }, 'Bootstrap-Request'],
  [2, 'POST /bs', { direction: 'down' }, 'Bootstrap-Finish'],
  [2, 'POST /bs', {}, 'Bootstrap-Finish'],
  [2, 'POST /bs', { length: 3 }, ''],
  [3, 'GET /bspack', { query: 'ep=dev1', accept: 112 }, 'Bootstrap-Pack-Request'],
  [4, 'POST /api/v1/rd', { query: 'ep=dev1&lt=60', format: 40 }, 'Register'],
  [4, 'POST /api/v1/rd', { query: 'ep=dev1', format: 40 }, ''],
  [4, 'POST /rd', { query: 'ep=dev1&lt=60', format: 40 }, 'Register'],
  [4, 'GET /rd', {}, ''],
  [4, 'POST /rd', { direction: 'down' }, ''],
  [5, 'POST /rd/5a3f', {}, 'Update'],
  [5, 'POST /i/am/odd', { location: true }, 'Update'],
  [5, 'POST /i/am/odd', {}, ''],
  [6, 'DELETE /rd/5a3f', {}, 'De-register'],
  [6, 'DELETE /i/am/odd', { location: true }, 'De-register'],
  [7, 'POST /dp', { format: 110 }, 'Send'],
  [7, 'POST /dp', { format: 112 }, 'Send'],
  [7, 'POST /dp', { format: 11544 }, 'Send'],
  [7, 'POST /dp', { format: 50 }, ''],
  [7, 'POST /dp', { format: 11542, direction: 'up' }, 'Send'],
  [8, 'FETCH /', { format: 112, observe: 0 }, 'Observe-Composite'],
  [9, 'FETCH /', { format: 112, observe: 1 }, 'Cancel Observation-Composite'],
  [10, 'FETCH /', { format: 110 }, 'Read-Composite'],
  [10, 'FETCH /', { format: 320 }, 'Read-Composite'],
  [10, 'FETCH /', { direction: 'down' }, 'Read-Composite'],
  [10, 'FETCH /', { format: 50 }, ''],
  [11, 'iPATCH /', { format: 112 }, 'Write-Composite'],
  [11, 'iPATCH /', { format: 322 }, 'Write-Composite'],
  [11, 'PATCH /', { format: 112 }, ''],
  [12, 'GET /3/0/9', { observe: 0 }, 'Observe'],
  [12, 'GET /3', { observe: 0, accept: 11542 }, 'Observe'],
  [12, 'GET /', { observe: 0 }, 'Observe'],
  [13, 'GET /3/0/9', { observe: 1 }, 'Cancel Observation'],
  [13, 'GET /', { observe: 1 }, ''],
  [14, 'GET /3', { accept: 40 }, 'Discover'],
  [14, 'GET /3/0/9', { accept: 40 }, 'Discover'],
  [14, 'GET /', { accept: 40, window: true }, 'Bootstrap-Discover'],
  [14, 'GET /0', { accept: 40, window: true }, 'Bootstrap-Discover'],
  [14, 'GET /', { accept: 40 }, 'Bootstrap-Discover'],
  [14, 'GET /3/0', { accept: 40, window: true }, 'Discover'],
  [15, 'GET /3', {}, 'Read'],
  [15, 'GET /3/0', { accept: 11542 }, 'Read'],
  [15, 'GET /3/0/9', { accept: 0 }, 'Read'],
  [15, 'GET /3/0/7/1', {}, 'Read'],
  [15, 'GET /1', { window: true }, 'Bootstrap-Read'],
  [15, 'GET /2/0', { window: true }, 'Bootstrap-Read'],
  [15, 'GET /3/0', { window: true }, 'Read'],
  [15, 'GET /1/0/1', { window: true }, 'Read'],
  [15, 'GET /', {}, ''],
  [15, 'GET /3/0', { direction: 'up' }, ''],
  [16, 'PUT /3/0', { format: 11542 }, 'Write-Replace'],
  [16, 'PUT /3/0/14', { format: 0 }, 'Write-Replace'],
  [16, 'PUT /3/0/7/1', { format: 0 }, 'Write-Replace'],
  [16, 'PUT /0', { format: 11542, window: true }, 'Bootstrap-Write'],
  [16, 'PUT /0/1', { format: 11542, window: true }, 'Bootstrap-Write'],
  [16, 'PUT /0/1/2', { format: 0, window: true }, 'Bootstrap-Write'],
  [16, 'PUT /0', { format: 11542 }, 'Bootstrap-Write'],
  [16, 'PUT /3/0/14', { format: 0, query: 'pmin=1' }, 'Write-Replace'],
  [17, 'PUT /3/0/9', { query: 'pmin=1&pmax=60' }, 'Write-Attributes'],
  [17, 'PUT /3', { query: 'con' }, 'Write-Attributes'],
  [18, 'PUT /3/0/14', { length: 3 }, 'Write-Replace'],
  [19, 'PUT /3/0/9', {}, 'Write-Attributes'],
  [20, 'POST /2', { format: 11542 }, 'Create'],
  [20, 'POST /2', {}, 'Create'],
  [21, 'POST /1/0', { format: 11542 }, 'Write-Partial-Update'],
  [22, 'POST /3/0/4', {}, 'Execute'],
  [22, 'POST /5/0/2', { format: 0 }, 'Execute'],
  [22, 'POST /5/0/2', { length: 4 }, 'Execute'],
  [22, 'POST /5/0/2', { format: 11542, executable: 1 }, 'Execute'],
  [22, 'POST /5/0/2', { format: 42 }, 'Execute'],
  [23, 'POST /3/0/7', { format: 11542 }, 'Write-Partial-Update'],
  [23, 'POST /3/0/7', { format: 112 }, 'Write-Partial-Update'],
  [23, 'POST /5/0/0', { format: 42, executable: 0 }, 'Write-Partial-Update'],
  [24, 'POST /3/0/7/1', { format: 0 }, 'Write-Partial-Update'],
  [25, 'DELETE /', { window: true }, 'Bootstrap-Delete'],
  [25, 'DELETE /0', { window: true }, 'Bootstrap-Delete'],
  [25, 'DELETE /', {}, ''],
  [26, 'DELETE /1/0', { window: true }, 'Bootstrap-Delete'],
  [26, 'DELETE /1/0', {}, 'Delete'],
  [27, 'DELETE /3/0/7/1', {}, 'Delete'],
  [28, 'GET /.well-known/core', {}, 'CoRE discovery'],
  [28, 'GET /.well-known/core', { direction: 'up' }, 'CoRE discovery'],
  [29, 'GET /firmware.bin', { download: true }, 'Download'],
  [29, 'GET /firmware.bin', { download: true, direction: 'up' }, 'Download'],
  [29, 'GET /firmware.bin', {}, ''],
  [29, 'GET /firmware.bin', { direction: 'up' }, ''],
  [30, 'GET /.well-known/est/crts', { accept: 281 }, 'EST enrolment'],
  [30, 'POST /.well-known/est/sen', { format: 286 }, 'EST enrolment'],
];

describe('classifyRequest', () => {
  it.each(ROWS)('row %i: %s %j is %s', (_row, line, request, name) => {
    expect(nameOf(classifyRequest(factsOf(line, request)))).toBe(name);
  });

  it('covers every row of the table', () => {
    expect([...new Set(ROWS.map(([row]) => row))]).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  it.each(['GET /temperature', 'PUT /light', 'POST /', 'DELETE /a/b', 'FETCH /3/0', 'iPATCH /3/0/1'])(
    'does not take %s for LwM2M',
    (line) => {
      expect(nameOf(classifyRequest(factsOf(line, { length: 3 })))).toBe('');
    },
  );
});

describe('settleByResponse', () => {
  const read = (line: string, request: Request, code: number, format: number): string => {
    const facts = factsOf(line, request);
    return nameOf(settleByResponse(classifyRequest(facts), facts, code, format));
  };
  it('makes a Discover of a read that is answered with links', () => {
    expect(read('GET /3', {}, 0x45, 40)).toBe('Discover');
    expect(read('GET /3', { window: true }, 0x45, 40)).toBe('Bootstrap-Discover');
    expect(read('GET /', { window: true }, 0x45, 40)).toBe('Bootstrap-Discover');
  });
  it('leaves everything else as it is', () => {
    expect(read('GET /3', {}, 0x45, 11542)).toBe('Read');
    expect(read('GET /3', {}, 0x84, 40)).toBe('Read');
    expect(read('GET /3', { observe: 0 }, 0x45, 40)).toBe('Observe');
    expect(read('GET /', {}, 0x45, 40)).toBe('');
  });
});

describe('roleEvidence', () => {
  it.each<[string, Request, number]>([
    ['POST /bs', { query: 'ep=dev1' }, 2],
    ['POST /bs', {}, -1],
    ['GET /bspack', {}, 2],
    ['POST /rd', { query: 'lt=60' }, 2],
    ['POST /rd', {}, 1],
    ['POST /rd/1', {}, 1],
    ['DELETE /x', { location: true }, 1],
    ['POST /dp', { format: 112 }, 2],
    ['POST /dp', { format: 50 }, 0],
    ['GET /3/0', {}, -1],
    ['FETCH /', { format: 112 }, -1],
    ['FETCH /', {}, 0],
    ['GET /.well-known/core', {}, 0],
    ['GET /fw', { download: true }, 1],
    ['GET /temperature', {}, 0],
  ])('%s %j says %i', (line, request, evidence) => {
    expect(roleEvidence(factsOf(line, request))).toBe(evidence);
  });
});

describe('operations', () => {
  it('have a name and an interface each', () => {
    expect(OPERATION_NAMES.length).toBe(Object.keys(Operation).length);
    expect(new Set(OPERATION_NAMES).size).toBe(OPERATION_NAMES.length);
    const byInterface = (wanted: number): string[] =>
      Object.values(Operation)
        .filter((operation) => interfaceOf(operation) === wanted)
        .map(nameOf);
    expect(byInterface(Interface.registration)).toEqual(['Register', 'Update', 'De-register']);
    expect(byInterface(Interface.bootstrap).every((name) => name.startsWith('Bootstrap-'))).toBe(true);
    expect(byInterface(Interface.reporting)).toEqual([
      'Observe',
      'Observe-Composite',
      'Cancel Observation',
      'Cancel Observation-Composite',
      'Notify',
      'Send',
    ]);
    expect(byInterface(Interface.none)).toEqual(['', 'Download', 'CoRE discovery', 'EST enrolment']);
    expect(INTERFACE_NAMES[Interface.management]).toBe('management');
  });
});
