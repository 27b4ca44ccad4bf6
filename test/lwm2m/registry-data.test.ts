import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compactText, SOURCE } from './registry-source.ts';

/** Last id of what is loaded at once: the objects of the core enablers and those near them. */
const LAST_CORE_OBJECT = 31;

// `npx vitest run test/lwm2m/registry-data.test.ts -u` writes both files anew when the source has changed.
describe.skipIf(SOURCE === undefined)(
  'compact registry data (skipped where the source file is absent)',
  () => {
    it('holds the core objects of the source', async () => {
      const core = SOURCE!.filter((object) => object.id <= LAST_CORE_OBJECT);
      await expect(compactText(core)).toMatchFileSnapshot('../../src/lwm2m/registry/core-objects.json');
    });

    it('holds all other objects of the source', async () => {
      const further = SOURCE!.filter((object) => object.id > LAST_CORE_OBJECT);
      await expect(compactText(further)).toMatchFileSnapshot('../../src/lwm2m/registry/further-objects.json');
    });

    it('is small enough to load over a slow line', () => {
      expect(gzipSync(compactText(SOURCE!)).length).toBeLessThan(35_000);
    });
  },
);
