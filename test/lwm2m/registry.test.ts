import { describe, expect, it } from 'vitest';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { VALUE_TYPE_NAMES, ValueType } from '../../src/lwm2m/value.ts';
import { SOURCE } from './registry-source.ts';

describe('ObjectRegistry', () => {
  it('knows the core objects at once', () => {
    const registry = ObjectRegistry.core();
    expect(registry.object(3)).toMatchObject({
      name: 'Device',
      version: '1.2',
      multiple: false,
      mandatory: true,
    });
    expect(registry.object(3, '1.0')).toMatchObject({ version: '1.0' });
    expect(registry.object(3, '7.0')).toMatchObject({ version: '1.2' });
    expect(registry.object(3303)).toBeUndefined();
    expect(registry.complete).toBe(false);
  });

  it('tells types, names and units', () => {
    const registry = ObjectRegistry.core();
    expect(registry.resource(3, 9)).toEqual({
      id: 9,
      name: 'Battery Level',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: ValueType.integer,
      range: '0..100',
      unit: '%',
    });
    expect(registry.typeOf(3, 4)).toBe(ValueType.none);
    expect(registry.typeOf(5, 0)).toBe(ValueType.opaque);
    expect(registry.typeOf(3, 13)).toBe(ValueType.time);
    expect(registry.typeOf(0, 13)).toBe(ValueType.unsigned);
    expect(registry.objectName(5)).toBe('Firmware Update');
    expect(registry.resourceName(5, 3)).toBe('State');
    expect(registry.unit(1, 1)).toBe('s');
    expect(registry.resourceName(5, 999)).toBe('');
  });

  it('says unknown for ids without a definition and for levels that are not there', () => {
    const registry = ObjectRegistry.core();
    for (const [objectId, resourceId] of [
      [3, 99],
      [3303, 5700],
      [-1, 0],
      [3, -1],
      [65536, 0],
      [3, 65536],
    ] as const) {
      expect(registry.typeOf(objectId, resourceId)).toBe(ValueType.unknown);
      expect(registry.resource(objectId, resourceId)).toBeUndefined();
    }
  });

  it('finds a resource that the announced version does not have', () => {
    const registry = ObjectRegistry.core();
    expect(registry.object(5, '1.0')!.resources.has(11)).toBe(false);
    expect(registry.resource(5, 11, '1.0')).toMatchObject({ name: 'Severity' });
  });

  it('loads the rest once and says that it grew', async () => {
    const registry = ObjectRegistry.core();
    const { generation } = registry;
    await Promise.all([registry.loadAll(), registry.loadAll()]);
    expect(registry.generation).toBe(generation + 1);
    expect(registry.complete).toBe(true);
    expect(registry.typeOf(3303, 5700)).toBe(ValueType.float);
    expect(registry.typeOf(33629, 3)).toBe(ValueType.integer);
    expect(registry.object(33629)?.name).toMatch(/Advanced Firmware Update/);
  });

  it.skipIf(SOURCE === undefined)(
    'agrees with the source it was made from (skipped where that is absent)',
    async () => {
      const registry = ObjectRegistry.core();
      await registry.loadAll();
      for (const source of SOURCE!) {
        const object = registry.object(source.id, source.version)!;
        expect(object).toMatchObject({
          name: source.name,
          enabler: source.lwm2m,
          multiple: source.multiple === 1,
        });
        expect(object.resources.size).toBe(source.resources.length);
        for (const [id, name, operations, multiple, mandatory, type, range, unit] of source.resources) {
          expect(object.resources.get(id)).toEqual({
            id,
            name,
            operations,
            multiple: multiple === 1,
            mandatory: mandatory === 1,
            type: type === '' ? ValueType.none : VALUE_TYPE_NAMES.indexOf(type as 'String'),
            range,
            unit: unit === '/100' ? '%' : unit,
          });
          const newest = registry.resource(source.id, id)!;
          expect(registry.typeOf(source.id, id)).toBe(newest.type);
        }
      }
    },
  );
});
