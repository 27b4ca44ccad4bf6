import { encode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { incompleteInstances, incompleteText } from '../../src/lwm2m/created-instances.ts';
import type { ObjectModel } from '../../src/lwm2m/registry/object-model.ts';
import { hex, registry, utf8 } from './collected-content.ts';

const TLV = 11542;
const LWM2M_JSON = 11543;
const LWM2M_CBOR = 11544;
const SENML_JSON = 110;
const SENML_CBOR = 112;

/** CoAP Config: 0 to 4 can be written and are mandatory, the others are not. */
const OBJECT = 500;
/** A device that lists the object without a version, and one that says nothing. */
const listed = registry.model('1.1', new Map([[OBJECT, undefined]]));
const NAMES = '2 ACK_RANDOM_FACTOR, 3 MAX_RETRANSMIT, 4 NSTART';

function textsOf(format: number, value: Uint8Array, object = OBJECT, model: ObjectModel = listed): string[] {
  return incompleteInstances(value, format, object, model).map(incompleteText);
}

const senml = (instance: string, resources: number[]): { n: string; v: number }[] =>
  resources.map((id) => ({ n: `/${OBJECT}${instance}/${id}`, v: 1 }));
const ALL = [0, 1, 2, 3, 4];

describe('incompleteInstances', () => {
  it.each<[string, number, Uint8Array]>([
    ['TLV that leaves the id to the client', TLV, hex('c10001 c10101 c1027f c10304 c10401')],
    ['TLV that names an instance', TLV, hex('08050f c10001 c10101 c1027f c10304 c10401')],
    ['TLV with more than is mandatory', TLV, hex('c10001 c10101 c1027f c10304 c10401 c10501')],
    ['SenML JSON', SENML_JSON, utf8(JSON.stringify(senml('/3', ALL)))],
    ['LwM2M JSON', LWM2M_JSON, utf8(JSON.stringify({ bn: `/${OBJECT}/0/`, e: ALL.map((id) => ({ n: String(id), v: 1 })) }))],
    ['LwM2M CBOR', LWM2M_CBOR, encode(new Map([[OBJECT, new Map([[65535, new Map(ALL.map((id) => [id, 1]))]])]]))],
  ])('says nothing of a whole instance: %s', (_what, format, value) => {
    expect(textsOf(format, value)).toEqual([]);
  }); // prettier-ignore

  it.each<[string, number, Uint8Array, string[]]>([
    ['TLV that leaves the id to the client', TLV, hex('c10001 c10101'), [`the new instance lacks the mandatory resources ${NAMES}`]],
    ['TLV that names an instance', TLV, hex('080506 c10001 c10101'), [`instance 5 lacks the mandatory resources ${NAMES}`]],
    ['TLV of two instances, the first whole', TLV, hex('08000f c10001 c10101 c1027f c10304 c10401 08010c c10001 c10101 c1027f c10304'),
      ['instance 1 lacks the mandatory resource 4 NSTART']],
    ['SenML JSON', SENML_JSON, utf8(JSON.stringify(senml('/3', [0, 1]))), [`instance 3 lacks the mandatory resources ${NAMES}`]],
    ['SenML CBOR', SENML_CBOR, encode(senml('/3', [0, 1]).map(({ n, v }) => new Map<number, string | number>([[0, n], [2, v]]))),
      [`instance 3 lacks the mandatory resources ${NAMES}`]],
    ['LwM2M JSON', LWM2M_JSON, utf8(JSON.stringify({ bn: `/${OBJECT}/0/`, e: [{ n: '0', v: 1 }, { n: '1', v: 1 }] })),
      [`instance 0 lacks the mandatory resources ${NAMES}`]],
    ['LwM2M CBOR whose instance has the reserved id', LWM2M_CBOR, encode(new Map([[OBJECT, new Map([[65535, new Map([[0, 1], [1, 1]])]])]])),
      [`the new instance lacks the mandatory resources ${NAMES}`]],
    ['nothing at all', TLV, hex(''), [`the new instance lacks the mandatory resources 0 Network Bearer, 1 ACK_TIMEOUT, ${NAMES}`]],
    ['an instance without resources', TLV, hex('0000'), [`the new instance lacks the mandatory resources 0 Network Bearer, 1 ACK_TIMEOUT, ${NAMES}`]],
  ])('names what is missing: %s', (_what, format, value, texts) => {
    expect(textsOf(format, value)).toEqual(texts);
  }); // prettier-ignore

  it('says nothing of a damaged value, nor of a format that is not read', () => {
    expect(textsOf(TLV, hex('c10001 c101'))).toEqual([]);
    expect(textsOf(SENML_JSON, utf8('[{"n":"/500/3/0","v":1}'))).toEqual([]);
    expect(textsOf(50, utf8('{}'))).toEqual([]);
    expect(textsOf(0, utf8('on'))).toEqual([]);
    expect(textsOf(42, hex('00'))).toEqual([]);
  });

  it('does not ask for what the client itself provides', () => {
    // Temperature: its one mandatory resource can only be read. Device: read and executed.
    const model = registry.model('1.1', new Map([[3303, undefined], [3, undefined]])); // prettier-ignore
    expect(textsOf(TLV, hex('e4161441a00000'), 3303, model)).toEqual([]);
    expect(textsOf(TLV, hex('c10e55'), 3, model)).toEqual([]);
    // Portfolio: Identity is mandatory and multiple, and may have no instance.
    expect(textsOf(TLV, hex('c1010a'), 16, registry.newest)).toEqual([]);
  });

  it('says nothing where it is not known which version the client has', () => {
    const value = hex('e416150041a00000');
    expect(registry.newest.object(3306)).toMatchObject({ reason: 'not announced', isOnly: false });
    expect(textsOf(TLV, value, 3306, registry.newest)).toEqual([]);
    const announced = registry.model('1.1', new Map([[3306, '1.1']]));
    expect(textsOf(TLV, hex(''), 3306, announced)).toEqual([
      'the new instance lacks the mandatory resource 5850 On/Off',
    ]);
    expect(textsOf(TLV, hex(''), 3306, registry.model('1.1', new Map([[3306, '9.0']])))).toEqual([]);
    // Of an object with one version nobody doubts which one it is; of one that nobody knows, nothing is known.
    expect(textsOf(TLV, hex(''), 3341, registry.newest)).toEqual(['the new instance lacks the mandatory resource 5527 Text']);
    expect(textsOf(TLV, hex(''), 33605, registry.newest)).toEqual([]);
  }); // prettier-ignore
});
