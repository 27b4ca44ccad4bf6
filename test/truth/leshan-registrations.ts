import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import { targetsOf, type Claim, type Told } from './claim.ts';

/** A registration as Leshan's server keeps it. */
export interface LeshanRegistration {
  server?: string;
  endpoint: string;
  location: string;
  lifetime: number;
  version: string;
  binding: string;
  queue?: boolean;
  object_links?: string;
  ended?: string | null;
  updates?: {
    lifetime: number | null;
    binding: string | null;
    object_links: string | null;
  }[];
}

const coapOf = (record: JsonObject): JsonObject => (record.coap ?? {}) as JsonObject;

/** The claims of a registration: its Register, its Updates and its end where the device ended it. */
export function registrationClaims(registration: LeshanRegistration): Claim[] {
  const { endpoint, location, lifetime, binding, version, queue, object_links: links } = registration;
  const register: Told = { operations: ['Register'], device: endpoint, code: '0.02' };
  if (links !== undefined) register.links = targetsOf(links);
  const isIts = (capture: Capture, record: JsonObject): boolean =>
    capture.answersTo([record]).some((answer) => capture.locationOf(answer) === location);
  const find = (capture: Capture): JsonObject[] =>
    capture.records.filter(
      (record) =>
        coapOf(record).code === '0.02' && coapOf(record).uri_path === '/rd' && isIts(capture, record),
    );
  const query = (capture: Capture): Told => {
    const record = find(capture)[0];
    // What is left out has its default; further attributes are the device's own.
    const said = String(record === undefined ? '' : coapOf(record).uri_query).split('&');
    const own = [`ep=${endpoint}`, `lt=${lifetime}`, `lwm2m=${version}`, `b=${binding}`];
    if (queue === true) own.push('Q');
    const names = new Set(own.map((one) => one.split('=')[0]));
    const isDefault = (one: string): boolean => one === 'lt=86400' || one === 'b=U' || one === 'lwm2m=1.0';
    return {
      ...register,
      query: [
        ...own.filter((one) => said.includes(one) || !isDefault(one)),
        ...said.filter((one) => !names.has(one.split('=')[0])),
      ],
    };
  };
  const claims: Claim[] = [
    {
      said: `registration of ${endpoint} at ${location}`,
      device: endpoint,
      parts: [
        { role: 'request', find, told: query },
        {
          role: 'answer',
          find: (capture) => capture.answersTo(find(capture)),
          told: { operations: ['Register'], device: endpoint, code: '2.01', location },
        },
      ],
    },
  ];
  const end = (method: string, purpose: string) => (capture: Capture) =>
    capture.take(`${purpose} ${location}`, (record) => {
      const { code, uri_path: path } = coapOf(record);
      if (code !== method || path !== location) return false;
      const answer = capture.answersTo([record])[0];
      return answer !== undefined && String(coapOf(answer).code).startsWith('2.');
    });
  for (const { lifetime: changed, binding: bound, object_links: objects } of registration.updates ?? []) {
    const told: Told = { operations: ['Update'], device: endpoint };
    told.query = [...(changed === null ? [] : [`lt=${changed}`]), ...(bound === null ? [] : [`b=${bound}`])];
    if (objects === null) told.length = 0;
    else told.links = targetsOf(objects);
    claims.push({
      said: `update of ${location} lt=${changed} b=${bound}`,
      device: endpoint,
      parts: [{ role: 'request', find: end('0.02', 'Update'), told }],
    });
  }
  if (registration.ended === 'deregistered')
    claims.push({
      said: `deregistration of ${location}`,
      device: endpoint,
      parts: [
        {
          role: 'request',
          find: end('0.04', 'De-register'),
          told: { operations: ['De-register'], device: endpoint },
        },
      ],
    });
  return claims;
}
