import { describe, expect, it } from 'vitest';
import { isCompactObject, type LoadedDefinition } from '../../src/lwm2m/registry/object-definition.ts';
import { definitionText, type ObjectModel } from '../../src/lwm2m/registry/object-model.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { VALUE_TYPE_NAMES, ValueType } from '../../src/lwm2m/value.ts';
import { SOURCE } from './registry-source.ts';

/** A made-up definition with one resource. */
function loaded(id: number, version: string, type: number, source = 'acme.xml'): LoadedDefinition {
  return { source, object: [id, version, 'Acme', '1.0', 0, [[5700, 'Level', 'R', 0, type]]] };
}

describe('ObjectRegistry', () => {
  it('knows the core objects at once', () => {
    const registry = ObjectRegistry.core();
    expect(registry.newest.object(3)).toMatchObject({
      definition: { name: 'Device', version: '1.2', multiple: false, mandatory: true },
      reason: 'not announced',
    });
    expect(registry.definition(3, '1.0')).toMatchObject({ version: '1.0' });
    expect(registry.definition(3, '7.0')).toBeUndefined();
    expect(registry.newest.object(3303)).toBeUndefined();
    expect(registry.complete).toBe(false);
  });

  it('tells types, names, units and ranges', () => {
    const { newest } = ObjectRegistry.core();
    expect(newest.resource(3, 9)).toMatchObject({
      id: 9,
      name: 'Battery Level',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: ValueType.integer,
      range: '0..100',
      limits: { of: 'number', intervals: [0, 100] },
      unit: '%',
    });
    expect(newest.typeOf(3, 4)).toBe(ValueType.none);
    expect(newest.typeOf(5, 0)).toBe(ValueType.opaque);
    expect(newest.typeOf(3, 13)).toBe(ValueType.time);
    expect(newest.typeOf(0, 13)).toBe(ValueType.unsigned);
    expect(newest.objectName(5)).toBe('Firmware Update');
    expect(newest.resourceName(5, 3)).toBe('State');
    expect(newest.unit(1, 1)).toBe('s');
    expect(newest.resourceName(5, 999)).toBe('');
  });

  it('says unknown for ids without a definition and for levels that are not there', () => {
    const { newest } = ObjectRegistry.core();
    for (const [objectId, resourceId] of [
      [3, 99],
      [3303, 5700],
      [-1, 0],
      [3, -1],
      [65536, 0],
      [3, 65536],
    ] as const) {
      expect(newest.typeOf(objectId, resourceId)).toBe(ValueType.unknown);
      expect(newest.resource(objectId, resourceId)).toBeUndefined();
    }
  });

  it('loads the rest once and says that it grew', async () => {
    const registry = ObjectRegistry.core();
    const { generation } = registry;
    await Promise.all([registry.loadAll(), registry.loadAll()]);
    expect(registry.generation).toBe(generation + 1);
    expect(registry.complete).toBe(true);
    expect(registry.newest.typeOf(3303, 5700)).toBe(ValueType.float);
    expect(registry.newest.typeOf(33629, 3)).toBe(ValueType.integer);
    expect(registry.newest.objectName(33629)).toMatch(/Advanced Firmware Update/);
  });

  it.skipIf(SOURCE === undefined)(
    'gives all 425 definitions as the source has them (skipped where that is absent)',
    async () => {
      const registry = ObjectRegistry.core();
      await registry.loadAll();
      expect(SOURCE).toHaveLength(425);
      for (const source of SOURCE!) {
        const object = registry.definition(source.id, source.version)!;
        expect(object).toMatchObject({
          id: source.id,
          version: source.version,
          name: source.name,
          enabler: source.lwm2m,
          multiple: source.multiple === 1,
          mandatory: source.mandatory === 1,
          source: '',
        });
        const announcing = registry.model('1.2', new Map([[source.id, source.version]]));
        expect(announcing.object(source.id)).toMatchObject({ definition: object, reason: 'announced' });
        expect([...object.resources.keys()]).toEqual(source.resources.map(([id]) => id));
        for (const [id, name, operations, multiple, mandatory, type, range, unit] of source.resources) {
          const resource = object.resources.get(id)!;
          expect(resource.object).toBe(object);
          expect({ ...resource, limits: undefined, object: undefined }).toEqual({
            id,
            name,
            operations,
            readable: operations.includes('R'),
            writable: operations.includes('W'),
            multiple: multiple === 1,
            mandatory: mandatory === 1,
            type: type === '' ? ValueType.none : VALUE_TYPE_NAMES.indexOf(type as 'String'),
            range,
            unit: unit === '/100' ? '%' : unit,
          });
          const held = announcing.resource(source.id, id)!;
          // A unit of another version is said to be of that.
          if (held.unitOf === undefined) expect(held).toBe(resource);
          else expect({ ...held, unit: '', unitOf: undefined }).toEqual({ ...resource, unitOf: undefined });
        }
      }
    },
  );
});

describe('which version of an object holds', () => {
  const registry = ObjectRegistry.core();
  const versionFor = (
    objectId: number,
    enabler: string | undefined,
    ...versions: [number, string | undefined][]
  ): string => {
    const chosen = registry.model(enabler, new Map(versions)).object(objectId)!;
    return `${chosen.definition.version} ${chosen.reason}`;
  };

  it('is the one that the device announced', () => {
    expect(versionFor(3, '1.0', [3, '1.2'])).toBe('1.2 announced');
    expect(versionFor(3, '1.2', [3, '1.0'])).toBe('1.0 announced');
  });

  it('is the nearest to an announced one that no definition has', () => {
    expect(versionFor(3, '1.1', [3, '1.9'])).toBe('1.2 nearest');
    expect(versionFor(21, '1.1', [21, '1.7'])).toBe('1.1 nearest');
    expect(versionFor(3, '1.1', [3, '3.0'])).toBe('1.2 nearest');
    expect(versionFor(3, '1.1', [3, '0.9'])).toBe('1.2 nearest');
  });

  // LwM2M Core §7.2.3: the enabler's own objects follow its version, all others are 1.0.
  it('is implied where none is announced', () => {
    expect(versionFor(3, '1.0', [3, undefined])).toBe('1.0 implied');
    expect(versionFor(3, undefined, [3, undefined])).toBe('1.0 implied');
    expect(versionFor(3, '1.1', [3, undefined])).toBe('1.1 implied');
    expect(versionFor(3, '1.1.1', [3, undefined])).toBe('1.1 implied');
    expect(versionFor(3, '1.2', [3, undefined])).toBe('1.2 implied');
    expect(versionFor(4, '1.2', [4, undefined])).toBe('1.3 implied');
    expect(versionFor(5, '1.1', [5, undefined])).toBe('1.0 implied');
    expect(versionFor(0, '1.1')).toBe('1.1 implied');
    expect(versionFor(21, '1.2')).toBe('2.0 implied');
    expect(versionFor(20, '1.2', [20, undefined])).toMatch(/^1\.0 /);
  });

  it('is the newest where nothing says which', () => {
    expect(versionFor(9, '1.1')).toBe('1.0 not announced');
    expect(registry.newest.object(4)?.definition.version).toBe('1.3');
  });

  it('is said in words', () => {
    const text = (model = registry.newest): string => definitionText(model, model.resource(3, 9)!);
    expect(text()).toBe('Device 1.2 (assumed newest, not announced)');
    expect(text(registry.model('1.1', new Map([[3, '1.2']])))).toBe('Device 1.2 (device announced 1.2)');
    expect(text(registry.model('1.1', new Map()))).toBe('Device 1.1 (implied by LwM2M 1.1)');
    expect(text(registry.model('1.1', new Map([[3, '1.7']])))).toBe(
      'Device 1.2 (nearest to 1.7, which the device announced)',
    );
    const old = registry.model('1.0', new Map([[5, '1.0']]));
    expect(definitionText(old, old.resource(5, 11)!)).toBe(
      'Firmware Update 1.2 (not in the version of the device)',
    );
  });

  it('decides the type where versions differ', () => {
    const at = (version: string): number => registry.model('1.2', new Map([[21, version]])).typeOf(21, 0);
    expect(at('1.0')).not.toBe(at('2.0'));
  });

  it('shares a model between equal announcements and bounds their number', () => {
    const bounded = ObjectRegistry.core();
    expect(bounded.model('1.1', new Map([[3, '1.1']]))).toBe(bounded.model('1.1', new Map([[3, '1.1']])));
    for (let index = 0; index < 2000; index++) bounded.model('1.1', new Map([[index, '1.1']]));
    expect(bounded.model('1.1', new Map([[3, '9.9']]))).toBe(bounded.newest);
  });
});

describe('definitions that a person has loaded', () => {
  it('go before the registry, the later before the earlier', () => {
    const registry = ObjectRegistry.core();
    registry.use([
      loaded(3, '1.0', ValueType.string),
      loaded(9999, '1.0', ValueType.string, 'a.xml'),
      loaded(9999, '1.0', ValueType.float, 'b.xml'),
    ]);
    expect(registry.newest.object(3)?.definition).toMatchObject({ name: 'Acme', version: '1.0' });
    // What the loaded definition lacks, the registry still tells.
    expect(registry.newest.resourceName(3, 9)).toBe('Battery Level');
    expect(registry.newest.typeOf(9999, 5700)).toBe(ValueType.float);
    const model = registry.model('1.2', new Map([[3, undefined]]));
    expect(model.object(3)?.definition.source).toBe('acme.xml');
    const resource = registry.newest.resource(9999, 5700)!;
    expect(definitionText(registry.newest, resource)).toBe(
      'Acme 1.0 (assumed newest, not announced, from b.xml)',
    );
  });

  it('leave the version that the device announced to the registry, where they lack it', () => {
    const registry = ObjectRegistry.core();
    registry.use([loaded(3, '4.0', ValueType.string)]);
    expect(registry.model('1.2', new Map([[3, '1.1']])).object(3)?.definition.source).toBe('');
    expect(registry.model('1.2', new Map([[3, '4.0']])).object(3)?.definition.source).toBe('acme.xml');
  });

  it('go again when others take their place', () => {
    const registry = ObjectRegistry.core();
    registry.use([loaded(9999, '1.0', ValueType.string)]);
    expect(registry.newest.objectName(9999)).toBe('Acme');
    registry.use([]);
    expect(registry.newest.objectName(9999)).toBe('');
  });

  it('are recognised when they come from storage', () => {
    expect(isCompactObject(loaded(3, '1.0', 1).object)).toBe(true);
    for (const broken of [
      null,
      [],
      [3, '1.0', 'x', '1.0', 0, [[1]]],
      [3, '1.0', 'x', '1.0', 0, [[1, 'x', 'R', 0, 10]]],
      [70_000, '1.0', 'x', '1.0', 0, []],
      [3, 1, 'x', '1.0', 0, []],
    ])
      expect(isCompactObject(JSON.parse(JSON.stringify(broken)))).toBe(false);
  });
});

describe('units that a version leaves out', () => {
  const registry = ObjectRegistry.core();
  const deviceOf = (version: string): ObjectModel => registry.model('1.1', new Map([[3, version], [4, version], [1, version], [0, version]])); // prettier-ignore

  it.each<[number, number, string, string, string | undefined]>([
    [3, 7, '1.0', 'mV', undefined],
    [3, 7, '1.1', 'mV', '1.0'],
    [3, 7, '1.2', 'mV', '1.0'],
    [3, 8, '1.2', 'mA', '1.0'],
    [3, 9, '1.2', '%', undefined],
    [4, 2, '1.2', 'dBm', '1.1'],
    [4, 2, '1.3', 'dBm', undefined],
    [1, 19, '1.1', 's', '1.2'],
    // What is a code has no unit, and had one by mistake: Matching Type, Certificate Usage, SMNC.
    [0, 13, '1.2', '', undefined],
    [0, 15, '1.2', '', undefined],
    [4, 9, '1.2', '', undefined],
  ])('/%i/x/%i in %s is in %s', (object, resource, version, unit, unitOf) => {
    const model = deviceOf(version);
    expect(model.object(object)!.definition.version).toBe(version);
    expect(model.unit(object, resource)).toBe(unit);
    expect(model.resource(object, resource)!.unitOf).toBe(unitOf);
  });
});
